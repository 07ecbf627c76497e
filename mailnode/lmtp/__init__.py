"""A neighbouring mail server hands us messages for users here, one answer for each recipient (RFC 2033)."""
