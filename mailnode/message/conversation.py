"""Which messages belong together: message ids (RFC 5322 §3.6.4) and base subjects (RFC 5256 §2.1).

Ids are kept without angle brackets. The base subject knows more words for "reply" and "forward" than the RFC.
"""

from __future__ import annotations

import re
from hashlib import blake2b

MAX_IDS = 100
MAX_ID = 998
MAX_SUBJECT = 1000

_ID = re.compile(rb"<([^<>\x00-\x20\x7f]++)>")
_BARE = re.compile(rb"\s*([^<>\x00-\x20\x7f]++)\s*")
_REPLY = (
    r"re|fwd?|aw|wg|sv|vs|antw|tr|rv|res|enc|ref|odp|pd|ynt|rif"
    r"|回复|回覆|答复|答覆|回信|转发|轉發|轉寄|返信|転送|답장|회신|전달"
)
_LEADER = re.compile(
    rf"(?:\[[^\[\]]*+\]\s*+)*+(?:{_REPLY})\s*+(?:\[[^\[\]]*+\]|\(\d+\)|\^\d+|\*\d+|\d+)?\s*+[:：]\s*+", re.I
)
_BLOB = re.compile(r"\[[^\[\]]*+\]\s*+")


def message_ids(value: bytes | None) -> tuple[str, ...]:
    """The ids in a References, In-Reply-To or Message-ID value. Of very many the first and the last are kept."""
    if not value:
        return ()
    found = _ID.findall(value[:256_000])
    if not found and (bare := _BARE.fullmatch(value[:MAX_ID])):
        found = [bare[1]]  # some senders leave the brackets out
    if len(found) > 1:
        found = list(dict.fromkeys(found))
    if len(found) > MAX_IDS:
        found = found[:1] + found[1 - MAX_IDS :]
    return tuple([each[:MAX_ID].decode("utf-8", "replace") for each in found])


def base_subject(subject: str) -> str:
    """The subject without reply and forward marks, list names in brackets and doubled blanks."""
    text = " ".join(subject[:MAX_SUBJECT].split())
    while True:
        before = text
        text = _without_leaders(_without_trailers(text))
        if text[:5].lower() == "[fwd:" and text.endswith("]"):
            text = text[5:-1].strip()
        if text == before:
            return text


def _without_trailers(text: str) -> str:
    while text[-5:].lower() == "(fwd)":
        text = text[:-5].rstrip()
    return text


def _without_leaders(text: str) -> str:
    while True:
        found = _LEADER.match(text)
        if not found:
            found = _BLOB.match(text)
            # RFC 5256 §2.1 (4): a blob goes only where something is left.
            if not found or found.end() == len(text):
                return text
        text = text[found.end() :]


def conversation_key(message_id: str, references: tuple[str, ...], subject: str = "") -> str:
    """32 hexadecimal digits, the same for messages that go back to one first message.

    ``references`` are the ids of References, or else of In-Reply-To, oldest first. A reply whose program
    kept only the last id gets a key of its own; who knows where that id is kept can do better.
    A message without any id stands with those of its base subject.
    """
    root = references[0] if references else message_id
    seed = f"id {root}" if root else f"subject {base_subject(subject).casefold()}"
    return blake2b(seed.encode("utf-8", "replace"), digest_size=16).hexdigest()
