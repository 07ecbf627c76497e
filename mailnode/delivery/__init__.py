"""Into a mailbox here."""
