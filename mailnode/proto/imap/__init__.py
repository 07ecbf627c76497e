"""IMAP on the wire, without a socket: bytes to commands (``framing``, ``parse``) and values to bytes (``responses``).

Nothing here reads a clock, a file or a setting, and nothing but ProtocolError is raised for any
input whatever. RFC 9051 and RFC 3501; the extensions are named where they are parsed.
"""
