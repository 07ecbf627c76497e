"""aiosmtpd made ours: one SMTP server session, shared by the doors ``mx`` and ``submission``.

``session`` is the connection (bytes, time, one command after the other), ``commands``, ``transaction``
and ``security`` are the commands, ``reception`` is the face a door shows to them. What stock aiosmtpd
does wrong on the open Internet is named where it is done otherwise.
"""
