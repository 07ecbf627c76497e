"""POP3: a user collects mail from INBOX (RFC 1939)."""
