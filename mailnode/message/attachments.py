"""Which parts of a message are text to read and which are attachments, and what these are called (RFC 2183)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailnode.message.parameters import text_of
from mailnode.message.structure import Part

MAX_NAME = 255

_PATH = re.compile(r".*[/\\]", re.S)
# Parts that programs read: signatures, and the halves of encryption. RFC 3156, RFC 8551.
_MACHINERY = {b"pgp-signature", b"pgp-encrypted", b"pkcs7-signature", b"x-pkcs7-signature"}


def leaves(part: Part) -> Iterator[Part]:
    """Every part that holds content, in order, those of messages inside included."""
    return _leaves_within(part) if part.children or part.message else iter((part,))


def _leaves_within(part: Part) -> Iterator[Part]:
    waiting = [part]
    while waiting:
        part = waiting.pop()
        if part.children:
            waiting.extend(reversed(part.children))
        elif part.message:
            waiting.append(part.message)
        else:
            yield part


def file_name(part: Part) -> str:
    """The sender's name for the part without any folders before it, "" when there is none."""
    name = text_of(part.disposition_params, b"filename") or text_of(part.params, b"name")
    if "/" in name or "\\" in name:
        name = _PATH.sub("", name)
    return name[:MAX_NAME].strip()


def is_attachment(part: Part) -> bool:
    """True for what a reader would save as a file, and not for bodies, inline pictures and signatures."""
    if part.children or part.subtype in _MACHINERY:
        return False
    if part.disposition == b"attachment" or part.message:
        return True
    if part.type == b"text":
        return part.disposition is not None and bool(file_name(part))
    if part.content_id and part.type == b"image":
        return False
    return part.disposition != b"inline" or bool(file_name(part))


def has_attachment(root: Part) -> bool:
    """True when any part is one. The root itself counts: a message may be nothing but a PDF."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if is_attachment(part):
            return True
        waiting.extend(part.children)
    return False
