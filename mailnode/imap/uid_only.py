"""UIDONLY: a session in which message numbers are used by neither side (RFC 9586 §3)."""

from __future__ import annotations

from mailnode.errors import ProtocolError
from mailnode.proto.imap import commands as c
from mailnode.proto.imap import search_keys as k


class UidRequired(ProtocolError):
    """A message number where only uids may stand: BAD [UIDREQUIRED]."""


def require(command: c.Command) -> None:
    """Raises UidRequired for every message number in the command, "*" among them."""
    if getattr(command, "by_uid", True) is False:  # §3.2, §3.8
        raise UidRequired("The UID form of this command was expected")
    if isinstance(command, c.Search | c.Sort | c.Thread | c.MultiSearch) and _has_numbers(command.key):  # §3.5
        raise UidRequired("A search by UID, not by message number, was expected")
    if isinstance(command, c.Select) and command.qresync is not None and command.qresync.match_numbers is not None:
        raise UidRequired("Sequence match data was not expected")  # §3.7


def _has_numbers(key: k.SearchKey) -> bool:
    match key:
        case k.Numbers(numbers, by_uid):
            return not (by_uid or numbers.saved)
        case k.And(keys):
            return any(map(_has_numbers, keys))
        case k.Or(left, right):
            return _has_numbers(left) or _has_numbers(right)
        case k.Not(inner):
            return _has_numbers(inner)
        case _:
            return False
