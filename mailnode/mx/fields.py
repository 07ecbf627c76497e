"""The fields that tell mail programs and their rules what we think of a message: X-Spam-Flag, -Score and -Status.

There is no standard for them; the form is SpamAssassin's, which is what programs and users' rules look for.
Fields of these names that come in from strangers claim to be ours, and are taken away.
"""

from __future__ import annotations

import re

from mailnode.findings import Action
from mailnode.message import headers
from mailnode.mx.judgement import Judgement
from mailnode.octets import Octets, with_head

NAMES = frozenset((b"x-spam-flag", b"x-spam-score", b"x-spam-status", b"x-spam-level", b"x-spam-bar"))
MOST = 20  # checks that are named
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")


def written(judgement: Judgement, required: float) -> bytes:
    """The fields with their CRLF; none for a message about which there is nothing to say."""
    if not judgement.findings:
        return b""
    flagged = judgement.action in (Action.TAG, Action.JUNK)  # what is let out of quarantine is not junk
    names = [f"{_UNSAFE.sub('', one.rule)}={one.score:g}" for one in judgement.findings[:MOST]]
    tests = ",\r\n\t".join(names)
    said = f"{'Yes' if flagged else 'No'}, score={judgement.score:g} required={required:g}"
    lines = [f"X-Spam-Status: {said}\r\n\ttests={tests}", f"X-Spam-Score: {judgement.score:g}"]
    if flagged:
        lines.insert(0, "X-Spam-Flag: YES")
    return "\r\n".join([*lines, ""]).encode("ascii")


def without_forged(raw: Octets) -> Octets:
    """The message without fields of our names."""
    header_end, _ = headers.split(raw)
    head = raw if isinstance(raw, bytes) else raw[:header_end]
    if b"\nx-spam-" not in b"\n" + head[:header_end].lower():
        return raw
    kept, start = [], 0
    for found in headers.matches(head, 0, header_end):
        if found[1].lower() in NAMES:
            kept.append(head[start : found.start()])
            start = found.end()
    return with_head(raw, b"".join(kept), start)
