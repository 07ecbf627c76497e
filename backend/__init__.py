"""The HTTP door: a REST API under ``/api/v1`` and the built web client at ``/``.

One more door beside IMAP and POP3: it imports the store and the directory, never a server. Views
translate only; the rules live in ``mailnode``. Errors become problem documents in `problems` and
nowhere else.
"""
