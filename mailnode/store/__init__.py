"""What is kept: bodies, mailboxes, messages, the change journal, quota counters and search.

Synchronous; every function takes the caller's session and runs inside its transaction. Every query
carries its owner: rows begin with ``user_id``, and there is no way to a body but through a message.
"""
