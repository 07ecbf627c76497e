"""Pure functions over message bytes: read them, describe them, build them.

Everything here lies on the path of every stranger's mail. Three rules hold in each module:

* total: any bytes at all give a value; only building (``compose``, ``dsn``) may refuse, with ProtocolError;
* linear: no regular expression here can backtrack (possessive quantifiers), searches are bounded, and
  depth and counts have limits beyond which the rest is taken as one opaque piece;
* pure: no clock, no randomness, no I/O; time and unique strings are arguments.
"""
