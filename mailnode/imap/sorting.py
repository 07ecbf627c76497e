"""SORT and THREAD: the order of what a search found (RFC 5256, RFC 5957), from what was kept at delivery."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session as Transaction

from mailnode.message import headers, threads
from mailnode.message.addresses import Entry, entries
from mailnode.message.base_subject import base_subject
from mailnode.message.casemap import casemap
from mailnode.message.conversation import message_ids
from mailnode.message.headers import decode_text
from mailnode.message.threads import Threadable
from mailnode.proto.imap.commands import SortKey
from mailnode.store import messages
from mailnode.store.ranges import Range

_COLUMNS = ("uid", "internal_date", "sent_at", "size", "subject", "head")
_UID, _ARRIVAL, _SENT, _SIZE, _SUBJECT, _HEAD = range(len(_COLUMNS))

Row = tuple[Any, ...]


def ordered(
    tx: Transaction,
    user_id: int,
    mailbox_id: int,
    among: Sequence[Range],
    found: set[int],
    keys: Sequence[SortKey],
    scores: Mapping[int, int] | None = None,
) -> list[int]:
    """The uids of ``found``, which lie in the ranges ``among``, in the wanted order; where all is equal by uid.

    ``scores`` are for RELEVANCY: the highest comes first (RFC 6203 §6)."""
    values = _VALUES | {"RELEVANCY": lambda row: -(scores or {}).get(row[_UID], 0)}
    rows = [row for row in messages.tuples(tx, user_id, mailbox_id, among, _COLUMNS) if row[_UID] in found]
    for key in reversed(keys):
        rows.sort(key=values[key.name], reverse=key.reverse)  # stable, in reverse too
    return [row[_UID] for row in rows]


def threaded(
    tx: Transaction,
    user_id: int,
    mailbox_id: int,
    among: Sequence[Range],
    numbers: dict[int, int],
    algorithm: str,
) -> bytes:
    """The threads of the messages in ``numbers``: uid to the number that is printed."""
    rows = messages.tuples(tx, user_id, mailbox_id, among, _COLUMNS)
    found = [_threadable(row, numbers[row[_UID]]) for row in rows if row[_UID] in numbers]
    make = threads.ordered_subject if algorithm == "ORDEREDSUBJECT" else threads.by_references
    return threads.printed(make(found))


def _threadable(row: Row, number: int) -> Threadable:
    index = headers.index(row[_HEAD], 0, len(row[_HEAD]))
    references = message_ids(headers.first(index, b"references"))
    if not references:
        references = message_ids(headers.first(index, b"in-reply-to"))[:1]
    message_id = next(iter(message_ids(headers.first(index, b"message-id"))), "")
    return Threadable(number, _sent(row), row[_SUBJECT], message_id, references)


def _sent(row: Row) -> int:
    """RFC 5256 §2.2: without a Date field that can be read, the moment of arrival."""
    moment: int | None = row[_SENT]
    return row[_ARRIVAL] if moment is None else moment


def _first(row: Row, name: bytes) -> Entry | None:
    value = headers.get(row[_HEAD], name)
    return next(iter(entries(value)), None) if value is not None else None


def _mailbox(name: bytes) -> Callable[[Row], str]:
    """addr-mailbox of the first address, as ENVELOPE has it (RFC 5256 §3): of a group its name."""

    def text(row: Row) -> str:
        first = _first(row, name)
        if first is None:
            return ""
        return casemap(decode_text(first.name if first.kind == "group" else first.local))

    return text


def _display(name: bytes) -> Callable[[Row], str]:
    """The display name of the first address, else the address itself (RFC 5957 §2)."""

    def text(row: Row) -> str:
        first = _first(row, name)
        if first is None:
            return ""
        if first.name:
            return casemap(decode_text(first.name))
        return casemap(decode_text(first.local + b"@" + first.host if first.host else first.local))

    return text


_VALUES: dict[str, Callable[[Row], Any]] = {
    "ARRIVAL": lambda row: row[_ARRIVAL],
    "DATE": _sent,
    "SIZE": lambda row: row[_SIZE],
    "SUBJECT": lambda row: casemap(base_subject(row[_SUBJECT])[0]),
    "FROM": _mailbox(b"from"),
    "TO": _mailbox(b"to"),
    "CC": _mailbox(b"cc"),
    "DISPLAYFROM": _display(b"from"),
    "DISPLAYTO": _display(b"to"),
}
