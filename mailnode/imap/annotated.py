"""Annotations as METADATA lines: which entries an answer has, and what becomes of values that are too large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailnode.proto.imap.commands import MetadataItems
from mailnode.store.notes import Note


@dataclass(frozen=True, slots=True)
class Answer:
    """Entries with their values, None for NIL. ``longest`` is the size of the longest that was left out, or 0."""

    values: tuple[tuple[str, bytes | None], ...]
    longest: int


def answer(notes: Sequence[Note], items: MetadataItems) -> Answer:
    """RFC 5464 §4.2.1 and §4.2.2: what was asked for by name is NIL where it is not there, what DEPTH adds is not."""
    known = {note.entry: note.value for note in notes}
    found: dict[str, bytes | None] = {}
    for entry in items.entries:
        if items.depth == 0 or entry in known:
            found[entry] = known.get(entry)
        found |= {name: value for name, value in known.items() if _is_below(name, entry, items.depth)}
    sizes = [len(value or b"") for value in found.values()]
    limit = items.max_size
    if limit is None or max(sizes, default=0) <= limit:
        return Answer(tuple(found.items()), 0)
    return Answer(tuple((name, value) for name, value in found.items() if len(value or b"") <= limit), max(sizes))


def _is_below(name: str, entry: str, depth: int | None) -> bool:
    if depth == 0 or not name.startswith(entry + "/"):
        return False
    return depth is None or "/" not in name[len(entry) + 1 :]
