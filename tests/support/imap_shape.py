"""ENVELOPE and BODYSTRUCTURE as named leaves, so that two servers' answers can be compared leaf by leaf.

RFC 9051 §7.5.2 gives the order of the values, and says which of them are compared without regard to case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from tests.support.imap_reader import Value

ENVELOPE = ("date", "subject", "from", "sender", "reply-to", "to", "cc", "bcc", "in-reply-to", "message-id")
Leaves = dict[str, Value]
Items = tuple[Value, ...]


def envelope(value: Value, prefix: str = "") -> Leaves:
    return {prefix + name: one for name, one in zip(ENVELOPE, cast(Items, value), strict=True)}


def structure(value: Value, number: str = "") -> Leaves:
    """Leaves of BODY or BODYSTRUCTURE by ``NUMBER name``; a multipart's number is that of the whole."""
    found: Leaves = {}
    for at, part in walk(value, number):
        found |= _multipart(part, at) if isinstance(part[0], tuple) else _single(part, at)
    return found


def walk(value: Value, number: str = "") -> Iterator[tuple[str, Items]]:
    """Every part with its section number, "" for the root; no recursion, since depth is what hostile mail has."""
    waiting: list[tuple[str, Items]] = [(number, cast(Items, value))]
    while waiting:
        at, part = waiting.pop()
        yield at, part
        if isinstance(part[0], tuple):
            children = [one for one in part if isinstance(one, tuple) and _is_part(one)]
            children = children[: _count(part)]
            waiting += [(f"{at}.{place}" if at else str(place), child) for place, child in enumerate(children, 1)]
        elif is_message(part) and len(part) > 8 and isinstance(part[7], tuple):
            inner = cast(Items, part[8])
            at = at or "1"
            waiting.append((at + " in", inner) if isinstance(inner[0], tuple) else (at + ".1", inner))


def numbers(value: Value) -> list[str]:
    """The section numbers that exist, as a client writes them."""
    found = [at.replace(" in", "") or "1" for at, part in walk(value) if not isinstance(part[0], tuple)]
    return sorted(set(found), key=lambda number: [*map(int, number.split("."))])


def is_message(part: Items) -> bool:
    return not isinstance(part[0], tuple) and (_lower(part[0]), _lower(part[1])) in (
        (b"message", b"rfc822"), (b"message", b"global"))  # fmt: skip


def _is_part(value: Items) -> bool:
    return bool(value) and (isinstance(value[0], tuple) or len(value) >= 7)


def _count(part: Items) -> int:
    return next(place for place, one in enumerate(part) if not isinstance(one, tuple))


def _multipart(part: Items, at: str) -> Leaves:
    count = _count(part)
    names = ("subtype", "params", "disposition", "language", "location")
    found = _named(at, names, part[count:])
    whole: Leaves = {f"{at} type": _type(b"multipart", found.pop(f"{at} subtype")), f"{at} parts": count}
    return whole | found


def _single(part: Items, at: str) -> Leaves:
    names = ["type", "subtype", "params", "id", "description", "encoding", "size"]
    if is_message(part) and len(part) > 8 and isinstance(part[7], tuple):
        names += ["envelope", "body", "lines"]
    elif _lower(part[0]) == b"text":
        names.append("lines")
    names += ["md5", "disposition", "language", "location"]
    found = _named(at, names, part)
    found.pop(f"{at} body", None)
    found[f"{at} type"] = _type(found[f"{at} type"], found.pop(f"{at} subtype"))
    inside = found.pop(f"{at} envelope", None)
    return found | (envelope(inside, f"{at} envelope ") if inside else {})


def _type(main: Value, sub: Value) -> bytes:
    return cast(bytes, main) + b"/" + cast(bytes, sub)


def _named(at: str, names: Sequence[str], values: Items) -> Leaves:
    found = {f"{at} {name}": value for name, value in zip(names, values, strict=False)}
    for name in ("type", "subtype", "encoding"):
        if (key := f"{at} {name}") in found:
            found[key] = _lower(found[key])
    if (key := f"{at} params") in found:
        found[key] = _params(found[key])
    if isinstance(disposition := found.get(key := f"{at} disposition"), tuple):
        found[key] = (_lower(disposition[0]), _params(disposition[1]))
    return found


def _params(value: Value) -> Value:
    """RFC 2045 §5.1: the order of parameters means nothing, nor the case of their names."""
    if not isinstance(value, tuple):
        return value
    pairs = zip(value[::2], value[1::2], strict=True)
    return tuple(sorted((cast(bytes, _lower(name)), cast(bytes, text)) for name, text in pairs))


def _lower(value: Value) -> Value:
    return value.lower() if isinstance(value, bytes) else value


def differing(ours: Mapping[str, Value], theirs: Mapping[str, Value]) -> Iterator[tuple[str, Value, Value]]:
    """The leaves that differ. Where one side has no such leaf, the value is b"absent".

    A part that only one side sees is passed over: the part around it differs in its type or in how many it holds.
    Parts of different types have nothing else to compare.
    """
    parts = {_part(name) for name in ours} & {_part(name) for name in theirs}
    unlike = {part for part in parts if ours.get(f"{part} type") != theirs.get(f"{part} type")}
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        one, other, part = ours.get(name, b"absent"), theirs.get(name, b"absent"), _part(name)
        if one != other and part in parts and (part not in unlike or name.endswith(" type")):
            yield name, one, other


def _part(name: str) -> str:
    return name.rpartition(" ")[0]
