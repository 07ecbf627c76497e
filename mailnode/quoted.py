"""A text in quotes as JSON has it, for those who write their JSON piece by piece: the log, the history, structures.

It is the part of json's encoder that writes strings. The documentation does not tell of it, so it is taken from there
in one place.
"""

from __future__ import annotations

from json import encoder

quoted = encoder.encode_basestring
