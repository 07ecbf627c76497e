"""The base subject, by which SORT and THREAD compare (RFC 5256 §2.1).

Exactly the words that the RFC knows; what people read as conversations (``conversation``) knows more.
"""

from __future__ import annotations

import re

MAX_SUBJECT = 1000

_LEADER = re.compile(r"(?:\[[^\[\]]*+\][ \t]*+)*+(?:re|fwd?)[ \t]*+(?:\[[^\[\]]*+\][ \t]*+)?:[ \t]*+", re.I)
_BLOB = re.compile(r"\[[^\[\]]*+\][ \t]*+")


def base_subject(subject: str) -> tuple[str, bool]:
    """The base subject, and whether the subject is that of a reply or a forwarded message."""
    text = " ".join(subject[:MAX_SUBJECT].split())
    marked = False
    while True:
        before = text
        while text[-5:].lower() == "(fwd)":
            text, marked = text[:-5].rstrip(), True
        text, led = _without_leaders(text)
        marked = marked or led
        if text[:5].lower() == "[fwd:" and text.endswith("]"):
            text, marked = text[5:-1].strip(), True
        if text == before:
            return text, marked


def _without_leaders(text: str) -> tuple[str, bool]:
    marked = False
    while True:
        found = _LEADER.match(text)
        if found:
            marked = True
        else:
            found = _BLOB.match(text)
            if not found or found.end() == len(text):  # a blob goes only where something is left
                return text, marked
        text = text[found.end() :]
