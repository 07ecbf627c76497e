"""Domain names as the checks compare and ask for them.

More lenient than host names: underscores and other visible characters stand in many names that the DNS has, and
a sender must not escape a policy by using one.
"""

from __future__ import annotations

import re

from mailnode.proto.address import parse_domain
from mailnode.proto.replies import Refused

MAX_NAME, MAX_LABEL = 253, 63  # octets

_VISIBLE = re.compile(r"[!-~]+\Z")


def ascii_name(text: str) -> str | None:
    """The name in lower case, labels in ASCII form (RFC 5890), without a final dot; None for what is no name."""
    text = text.removesuffix(".")
    if not text.isascii():
        try:
            text = parse_domain(text)
        except Refused:
            return None
    if len(text) > MAX_NAME or not _VISIBLE.match(text) or text.startswith("["):
        return None
    return text.lower() if all(0 < len(label) <= MAX_LABEL for label in text.split(".")) else None
