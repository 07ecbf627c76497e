"""The IMAP door: users read, sort and watch their mail (RFC 9051 with the manners of RFC 3501).

``connection`` has the socket, ``session`` the state, ``dispatch`` the table of commands, ``selected`` what a client
has been told of its mailbox, and ``commands`` what each command means. Grammar lives in ``mailnode.proto.imap``.
"""
