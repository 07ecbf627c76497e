"""The revisions, in order; each is one transaction with all that follow it."""
