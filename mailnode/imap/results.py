"""What the return options of a search ask for (RFC 4731, RFC 5182, RFC 9394), of a result in its order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailnode.imap.places import places
from mailnode.proto.imap.commands import SearchReturn
from mailnode.proto.imap.sequence_set import print_set


def named(uids: list[int], wanted: SearchReturn) -> list[int]:
    """The messages that the answer is about: those that MIN, MAX and PARTIAL name when nothing asks for all of them.
    So it is for MODSEQ (RFC 4731 §3.2) and for SAVE (RFC 5182 §2.4)."""
    some = wanted.minimum or wanted.maximum or wanted.partial is not None
    if wanted.all or wanted.count or not some:
        return uids
    named = uids[: wanted.minimum] + uids[len(uids) - wanted.maximum :]
    return list(dict.fromkeys([*named, *places(uids, wanted.partial)]))


def relevancy(uids: list[int], wanted: SearchReturn | None, scores: Mapping[int, int]) -> list[tuple[str, bytes]]:
    """How well the messages that the answer is about fulfil the fuzzy keys, in its order (RFC 6203 §4)."""
    if wanted is None or not wanted.relevancy:
        return []
    return [("RELEVANCY", b"(%b)" % b" ".join(b"%d" % scores[uid] for uid in named(uids, wanted)))]


def results(found: Sequence[int], wanted: SearchReturn) -> list[tuple[str, bytes]]:
    """MIN, MAX and ALL are left out when nothing was found (RFC 4731 §3.1)."""
    lines: list[tuple[str, bytes]] = []
    if wanted.minimum and found:
        lines.append(("MIN", b"%d" % found[0]))
    if wanted.maximum and found:
        lines.append(("MAX", b"%d" % found[-1]))
    if wanted.all and found:
        lines.append(("ALL", print_set(found)))
    if wanted.count:
        lines.append(("COUNT", b"%d" % len(found)))
    if wanted.partial is not None:
        part = print_set(places(found, wanted.partial)) or b"NIL"
        first, last = sorted(wanted.partial, key=abs)  # RFC 9394 §3.1: 4:2 is 2:4
        lines.append(("PARTIAL", b"(%d:%d %b)" % (first, last, part)))
    return lines
