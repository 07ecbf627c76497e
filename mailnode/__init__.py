"""Mailnode: a complete mail system. The folders are the stations of a message's way; see README.md."""

__version__ = "0.1.0"
