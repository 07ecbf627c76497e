"""Everything that the server says, as bytes (RFC 9051 §7). Each function gives whole lines with their CRLF.

Names of mailboxes come in as Unicode and leave as modified UTF-7. Text for people may hold anything; line
breaks in it become spaces, so that no text can forge a response.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mailnode.proto.imap import mutf7
from mailnode.proto.imap.commands import Command
from mailnode.proto.imap.sequence_set import SequenceSet, print_set

SEPARATOR = "/"

_ATOM = re.compile(rb"""[^\x00-\x20\x7f-\xff(){%*"\\\]]+""")
_QUOTABLE = re.compile(rb"""[^\x00-\x1f\x7f-\xff"\\]*""")
_QUOTABLE_WITH_ESCAPES = re.compile(rb"""[^\x00\r\n\x7f-\xff]*""")
_BREAKS = re.compile(r"[\x00-\x1f\x7f]+")
MAX_QUOTED = 1_000


@dataclass(frozen=True, slots=True)
class Reply:
    """The end of a command: untagged lines, then the tagged one."""

    tagged: bytes
    untagged: Sequence[bytes] = field(default=())

    def __bytes__(self) -> bytes:
        return b"".join(self.untagged) + self.tagged


def ok(command: Command, text: str, untagged: Sequence[bytes] = (), code: str | None = None) -> Reply:
    return Reply(_status(command.tag, b"OK", text, code), untagged)


def no(command: Command, text: str, untagged: Sequence[bytes] = (), code: str | None = None) -> Reply:
    return Reply(_status(command.tag, b"NO", text, code), untagged)


def bad(tag: str, text: str, code: str | None = None) -> bytes:
    return _status(tag, b"BAD", text, code)


def tagged_no(tag: str, text: str, code: str | None = None) -> bytes:
    return _status(tag, b"NO", text, code)


def untagged_ok(text: str, code: str | None = None) -> bytes:
    return _status("*", b"OK", text, code)


def untagged_no(text: str, code: str | None = None) -> bytes:
    return _status("*", b"NO", text, code)


def bye(text: str) -> bytes:
    return _status("*", b"BYE", text, None)


def _status(tag: str, condition: bytes, text: str, code: str | None) -> bytes:
    words = _BREAKS.sub(" ", text).encode("utf-8", "replace") or b"-"
    if code is None:
        return b"%b %b %b\r\n" % (tag.encode("ascii"), condition, words)
    return b"%b %b [%b] %b\r\n" % (tag.encode("ascii"), condition, code.encode("ascii"), words)


# Strings


def string(value: bytes) -> bytes:
    """A quoted string where that is possible, else a literal."""
    if len(value) <= MAX_QUOTED:
        if _QUOTABLE.fullmatch(value):
            return b'"%b"' % value
        if _QUOTABLE_WITH_ESCAPES.fullmatch(value):
            return b'"%b"' % value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return literal(value)


def nstring(value: bytes | None) -> bytes:
    return b"NIL" if value is None else string(value)


def literal(value: bytes) -> bytes:
    return b"{%d}\r\n%b" % (len(value), value)


def astring(value: bytes) -> bytes:
    """An atom where that is possible; NIL is quoted, as it would be read as no string at all."""
    if _ATOM.fullmatch(value) and value.upper() != b"NIL":
        return value
    return string(value)


def mailbox(name: str, *, utf8: bool = False) -> bytes:
    """``utf8`` for clients that asked for names in UTF-8 (RFC 6855 §3, RFC 9051 §5.1)."""
    if not utf8:
        return astring(mutf7.encode(name))
    if name.isascii():
        return astring(name.encode("ascii"))
    return b'"%b"' % name.encode("utf-8", "replace").replace(b"\\", b"\\\\").replace(b'"', b'\\"')


# Lists of mailboxes and their figures


def capability(names: Iterable[str]) -> bytes:
    return b"* CAPABILITY %b\r\n" % " ".join(names).encode("ascii")


def list_line(
    name: str,
    attributes: Iterable[str],
    *,
    utf8: bool = False,
    lsub: bool = False,
    childinfo: bool = False,
    old_name: str | None = None,
) -> bytes:
    """``childinfo`` adds CHILDINFO ("SUBSCRIBED"): something below matches (RFC 5258 §4).

    ``old_name`` is how the client wrote the name (RFC 9051 §7.3.1).
    """
    extended = b' ("CHILDINFO" ("SUBSCRIBED"))' if childinfo else b""
    if old_name is not None:
        extended = b' ("OLDNAME" (%b))' % mailbox(old_name, utf8=utf8)
    return b'* %b (%b) "/" %b%b\r\n' % (
        b"LSUB" if lsub else b"LIST",
        " ".join(attributes).encode("ascii"),
        mailbox(name, utf8=utf8),
        extended,
    )


def list_root() -> bytes:
    """The answer to LIST with an empty pattern: what separates the levels (RFC 9051 §6.3.9)."""
    return b'* LIST (\\Noselect) "/" ""\r\n'


def status(name: str, figures: Iterable[tuple[str, int]], *, utf8: bool = False) -> bytes:
    pairs = b" ".join(
        (b"%b (F%d)" if item == "MAILBOXID" else b"%b %d") % (item.encode("ascii"), value) for item, value in figures
    )
    return b"* STATUS %b (%b)\r\n" % (mailbox(name, utf8=utf8), pairs)


def namespace(others: str, shared: str) -> bytes:
    """One of each kind: what lies below no name, and below these two (RFC 2342 §5)."""
    return b'* NAMESPACE (("" "/")) ((%b "/")) ((%b "/"))\r\n' % (string(others.encode()), string(shared.encode()))


def acl(name: str, entries: Iterable[tuple[str, str]], *, utf8: bool = False) -> bytes:
    """Identifiers with their rights as letters (RFC 4314 §3.6)."""
    pairs = b"".join(b" %b %b" % (astring(who.encode()), astring(rights.encode())) for who, rights in entries)
    return b"* ACL %b%b\r\n" % (mailbox(name, utf8=utf8), pairs)


def list_rights(name: str, identifier: str, always: str, others: Iterable[str], *, utf8: bool = False) -> bytes:
    """What the identifier always has, and what else can be given, each by itself (RFC 4314 §3.7)."""
    rights = b" ".join(astring(one.encode()) for one in (always, *others))
    return b"* LISTRIGHTS %b %b %b\r\n" % (mailbox(name, utf8=utf8), astring(identifier.encode()), rights)


def my_rights(name: str, rights: str, *, utf8: bool = False) -> bytes:
    """RFC 4314 §3.8."""
    return b"* MYRIGHTS %b %b\r\n" % (mailbox(name, utf8=utf8), astring(rights.encode()))


def quota_root(name: str, *roots: str, utf8: bool = False) -> bytes:
    return b"* QUOTAROOT %b%b\r\n" % (
        mailbox(name, utf8=utf8),
        b"".join(b" " + string(root.encode("utf-8")) for root in roots),
    )


def quota(root: str, resources: Iterable[tuple[str, int, int]]) -> bytes:
    """Resources as (name, usage, limit); STORAGE counts units of 1,024 octets (RFC 9208 §5.1)."""
    triplets = b" ".join(b"%b %d %d" % (name.encode("ascii"), used, limit) for name, used, limit in resources)
    return b"* QUOTA %b (%b)\r\n" % (string(root.encode("utf-8")), triplets)


def identity(fields: Iterable[tuple[str, str]]) -> bytes:
    pairs = b" ".join(b"%b %b" % (string(name.encode()), string(value.encode())) for name, value in fields)
    return b"* ID (%b)\r\n" % pairs


def enabled(names: Iterable[str]) -> bytes:
    return b"* ENABLED%b\r\n" % "".join(f" {name}" for name in names).encode("ascii")


def metadata(name: str, values: Iterable[tuple[str, bytes | None]], *, utf8: bool = False) -> bytes:
    """Annotations with their values, of the server where the name is "" (RFC 5464 §4.4.1)."""
    pairs = b" ".join(b"%b %b" % (astring(entry.encode()), _any_octets(value)) for entry, value in values)
    return b"* METADATA %b (%b)\r\n" % (mailbox(name, utf8=utf8), pairs)


def metadata_changed(name: str, entries: Iterable[str], *, utf8: bool = False) -> bytes:
    """Only what has changed, for whoever wants to ask (RFC 5464 §4.4.2)."""
    changed = b" ".join(astring(entry.encode()) for entry in entries)
    return b"* METADATA %b %b\r\n" % (mailbox(name, utf8=utf8), changed)


def _any_octets(value: bytes | None) -> bytes:
    """A literal8 where NUL stands in it (RFC 5464 §5)."""
    return b"~" + literal(value) if value and b"\0" in value else nstring(value)


# The selected mailbox


def exists(count: int) -> bytes:
    return b"* %d EXISTS\r\n" % count


def recent(count: int) -> bytes:
    return b"* %d RECENT\r\n" % count


def expunge(number: int) -> bytes:
    return b"* %d EXPUNGE\r\n" % number


def vanished(uids: Iterable[int], *, earlier: bool = False) -> bytes:
    """RFC 7162 §3.2.10; ``earlier`` for what was gone before the command."""
    return b"* VANISHED %b%b\r\n" % (b"(EARLIER) " if earlier else b"", print_set(uids))


def vanished_set(uids: SequenceSet, *, earlier: bool = False) -> bytes:
    """The same, of uids that nobody spells out."""
    return b"* VANISHED %b%b\r\n" % (b"(EARLIER) " if earlier else b"", bytes(uids))


def flag_list(flags: Iterable[str]) -> bytes:
    return b"(%b)" % " ".join(flags).encode("ascii")


def flags_line(flags: Iterable[str]) -> bytes:
    return b"* FLAGS %b\r\n" % flag_list(flags)


def permanent_flags(flags: Iterable[str], *, new_keywords: bool) -> bytes:
    names = [*flags, "\\*"] if new_keywords else [*flags]
    return untagged_ok("Flags that are kept", f"PERMANENTFLAGS ({' '.join(names)})")


def fetch(number: int, items: Iterable[bytes]) -> bytes:
    """Items such as ``UID 7`` and ``FLAGS (\\Seen)``."""
    return b"* %d FETCH (%b)\r\n" % (number, b" ".join(items))


def uid_fetch(uid: int, items: Iterable[bytes]) -> bytes:
    """In place of FETCH where message numbers are not used (RFC 9586 §3.3)."""
    return b"* %d UIDFETCH (%b)\r\n" % (uid, b" ".join(items))


# Results


def search(numbers: Sequence[int], modseq: int | None = None) -> bytes:
    """The plain answer; ``modseq`` is added when the client asked by MODSEQ (RFC 7162 §3.1.5)."""
    found = b" %d" * len(numbers) % tuple(numbers)
    tail = b" (MODSEQ %d)" % modseq if modseq is not None and numbers else b""
    return b"* SEARCH%b%b\r\n" % (found, tail)


def sort(numbers: Sequence[int], modseq: int | None = None) -> bytes:
    """RFC 5256 §4; the mod-sequence as in ``search``."""
    return b"* SORT" + search(numbers, modseq).removeprefix(b"* SEARCH")


def thread(threads: bytes) -> bytes:
    return b"* THREAD %b\r\n" % threads if threads else b"* THREAD\r\n"


def esearch(tag: str, results: Iterable[tuple[str, bytes]], *, by_uid: bool, where: bytes = b"") -> bytes:
    """Results such as ("COUNT", b"3"), ("ALL", b"2:9") (RFC 4731 §3.1). ``where`` is what ``esearch_where`` gives."""
    items = b"".join(b" %b %b" % (name.encode("ascii"), value) for name, value in results)
    return b"* ESEARCH (TAG %b%b)%b%b\r\n" % (string(tag.encode("ascii")), where, b" UID" if by_uid else b"", items)


def esearch_where(name: str, uid_validity: int, *, utf8: bool = False) -> bytes:
    """RFC 7377 §2.1."""
    return b" MAILBOX %b UIDVALIDITY %d" % (mailbox(name, utf8=utf8), uid_validity)


def no_update(tag: str) -> str:
    """The response code for a search that is not kept up to date (RFC 5267 §4.3.1)."""
    return f"NOUPDATE {string(tag.encode('ascii')).decode('ascii')}"


def append_uid(validity: int, uids: Sequence[int]) -> str:
    """The response code of APPEND (RFC 4315 §3)."""
    return f"APPENDUID {validity} {print_set(uids).decode('ascii')}"


def copy_uid(validity: int, old: Sequence[int], new: Sequence[int]) -> str:
    """The response code of COPY and MOVE (RFC 4315 §3). Both sets have the same order and the same length."""
    return f"COPYUID {validity} {print_set(old).decode('ascii')} {print_set(new).decode('ascii')}"


def continuation(text: bytes = b"OK") -> bytes:
    return b"+ %b\r\n" % text
