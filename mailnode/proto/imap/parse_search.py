"""SEARCH: the tree of conditions.

    search = "SEARCH" [SP "RETURN" SP "(" [option *(SP option)] ")"] [SP "CHARSET" SP charset] 1*(SP search-key)
    search-key = a name with its arguments / sequence-set / "(" search-key *(SP search-key) ")"
                                                     RFC 9051 §6.4.4, RFC 4731 (RETURN), RFC 5032 (OLDER, YOUNGER)

Strings are decoded with the charset named, UTF-8 without one (RFC 9051 wants UTF-8; the US-ASCII of RFC 3501 is
part of it). Keys nest at most ``MAX_DEPTH`` deep, whether by parentheses, NOT or OR.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable

from mailnode.errors import ProtocolError
from mailnode.proto.imap import flags
from mailnode.proto.imap import search_keys as k
from mailnode.proto.imap.commands import Search, SearchReturn
from mailnode.proto.imap.cursor import Cursor
from mailnode.proto.imap.dates import parse_date

MAX_DEPTH = 50
MAX_KEYS = 200
MAX_TEXTS = 100  # keys that look into every message

CHARSETS = (
    "US-ASCII", "UTF-8", "UTF-16", "ISO-8859-1", "ISO-8859-2", "ISO-8859-5", "ISO-8859-7", "ISO-8859-9", "ISO-8859-15",
    "WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1252", "KOI8-R", "KOI8-U", "GB2312", "GBK", "GB18030", "BIG5",
    "SHIFT_JIS", "EUC-JP", "ISO-2022-JP", "EUC-KR",
)  # fmt: skip
"""Those of the charsets that Python knows which mail clients have ever sent."""


_RETURN = frozenset({"RELEVANCY", "MIN", "MAX", "ALL", "COUNT", "SAVE", "UPDATE", "CONTEXT"})


class BadCharset(ProtocolError):
    """The charset is not one of ``CHARSETS``: NO [BADCHARSET (...)] (RFC 9051 §7.1), not BAD."""


def parse_search(tag: str, args: Cursor, *, by_uid: bool) -> Search:
    args.space()
    returns = read_returns(args)
    charset = read_charset(args)
    return Search(tag, by_uid, read_keys(args, charset or "UTF-8"), returns, charset)


def read_charset(args: Cursor) -> str | None:
    if not _take_word(args, b"CHARSET"):
        return None
    charset = args.astring().decode("ascii", "replace").upper()
    args.space()
    return charset


def read_keys(args: Cursor, charset: str) -> k.SearchKey:
    """Search keys up to the end of the command. Raises BadCharset too."""
    reader = _Reader(args, charset)
    keys = [reader.key(1)]
    while not args.at_end():
        args.space()
        if args.at_end():
            break
        keys.append(reader.key(1))
    return _all_of(keys)


def _take_word(args: Cursor, word: bytes) -> bool:
    if args.text[args.pos : args.pos + len(word) + 1].upper() != word + b" ":
        return False
    args.pos += len(word)
    args.space()
    return True


def read_returns(args: Cursor) -> SearchReturn | None:
    """RETURN with its options, if it stands here."""
    if not _take_word(args, b"RETURN"):
        return None
    args.expect(b"(")
    names: set[str] = set()
    partial: tuple[int, int] | None = None
    while not args.take(b")"):
        if names:
            args.space()
        name = args.word()
        if name == "PARTIAL" and partial is None:
            args.space()
            partial = args.places()
        elif name not in _RETURN:
            raise args.fault("MIN, MAX, ALL, COUNT, SAVE, PARTIAL, RELEVANCY, UPDATE or CONTEXT was expected")
        names.add(name)
    args.space()
    if not names:
        return SearchReturn(all=True)  # RFC 4731 §3.1
    if partial is not None and "ALL" in names:
        raise args.fault("ALL without PARTIAL was expected")  # RFC 9394 §3.1
    return SearchReturn(
        minimum="MIN" in names,
        maximum="MAX" in names,
        all="ALL" in names or names == {"CONTEXT"},  # which is a hint and no question: RFC 5267 §4.2
        count="COUNT" in names,
        save="SAVE" in names,
        partial=partial,
        update="UPDATE" in names,
        relevancy="RELEVANCY" in names,
    )


def _all_of(keys: list[k.SearchKey]) -> k.SearchKey:
    return keys[0] if len(keys) == 1 else k.And(tuple(keys))


class _Reader:
    """Reads search keys, counting them and their depth."""

    def __init__(self, args: Cursor, charset: str) -> None:
        if charset not in CHARSETS:
            raise BadCharset(f"The charset {charset[:40]!r} is not known")
        self.args = args
        self.decode = codecs.getdecoder(charset)
        self.count = 0
        self.texts = 0

    def key(self, depth: int) -> k.SearchKey:
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_KEYS:
            raise self.args.fault("The search is nested too deeply or too long")
        if self.args.take(b"("):
            return self._group(depth)
        here = self.args.text[self.args.pos : self.args.pos + 1]
        if here.isdigit() or here in (b"*", b"$"):
            return k.Numbers(self.args.sequence_set(), by_uid=False)
        name = self.args.word()
        if name in _SIMPLE:
            return _SIMPLE[name]
        if name == "NOT":
            self.args.space()
            return k.Not(self.key(depth + 1))
        if name == "FUZZY":
            self.args.space()
            return k.Fuzzy(self.key(depth + 1))
        if name == "OR":
            self.args.space()
            left = self.key(depth + 1)
            self.args.space()
            return k.Or(left, self.key(depth + 1))
        if name not in _WITH_ARGUMENT:
            raise self.args.fault("A search key was expected")
        self.args.space()
        return _WITH_ARGUMENT[name](self)

    def _group(self, depth: int) -> k.SearchKey:
        keys = [self.key(depth + 1)]
        while not self.args.take(b")"):
            self.args.space()
            keys.append(self.key(depth + 1))
        return _all_of(keys)

    def text(self) -> str:
        self.texts += 1
        if self.texts > MAX_TEXTS:
            raise self.args.fault(f"At most {MAX_TEXTS} texts to search for were expected")
        try:
            return self.decode(self.args.astring(), "strict")[0]
        except UnicodeError:
            raise self.args.fault("A string in the charset of the search was expected") from None

    def keyword(self) -> k.SearchKey:
        return k.HasFlag(self.args.flag())

    def header(self) -> k.SearchKey:
        name = self.args.astring().decode("ascii", "replace").upper()
        self.args.space()
        return k.Header(name, self.text())

    def mod_sequence(self) -> k.SearchKey:
        """ "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer        RFC 7162 §7"""
        if self.args.at(b'"'):
            self.args.string()
            self.args.space()
            if self.args.word() not in ("PRIV", "SHARED", "ALL"):
                raise self.args.fault("priv, shared or all was expected")
            self.args.space()
        return k.ModSeq(self.args.number64())


def _day(when: k.When, *, sent: bool) -> Callable[[_Reader], k.SearchKey]:
    return lambda reader: k.Day(when, parse_date(reader.args.astring()), sent)


def _saved(when: k.When) -> Callable[[_Reader], k.SearchKey]:
    """savedate keys = "SAVEDBEFORE" / "SAVEDON" / "SAVEDSINCE", SP date        RFC 8514 §4.3"""
    return lambda reader: k.SavedDay(when, parse_date(reader.args.astring()))


def _field(name: str) -> Callable[[_Reader], k.SearchKey]:
    return lambda reader: k.Header(name, reader.text())


def _system_flags() -> dict[str, k.SearchKey]:
    keys: dict[str, k.SearchKey] = {}
    for flag in flags.SYSTEM_FLAGS:
        name = flag[1:].upper()
        keys[name] = k.HasFlag(flag)
        keys["UN" + name] = k.Not(k.HasFlag(flag))
    return keys


_SIMPLE: dict[str, k.SearchKey] = {
    **_system_flags(),
    "ALL": k.Everything(),
    "SAVEDATESUPPORTED": k.Everything(),  # every mailbox notes it: RFC 8514 §4.3
    "RECENT": k.HasFlag(flags.RECENT),
    "OLD": k.Not(k.HasFlag(flags.RECENT)),
    "NEW": k.And((k.HasFlag(flags.RECENT), k.Not(k.HasFlag(flags.SEEN)))),
}

_WITH_ARGUMENT: dict[str, Callable[[_Reader], k.SearchKey]] = {
    **{name: _field(name) for name in ("FROM", "TO", "CC", "BCC", "SUBJECT")},
    **{when.value: _day(when, sent=False) for when in k.When},
    **{"SENT" + when.value: _day(when, sent=True) for when in k.When},
    **{"SAVED" + when.value: _saved(when) for when in k.When},
    "BODY": lambda reader: k.Text(reader.text(), header_too=False),
    "TEXT": lambda reader: k.Text(reader.text(), header_too=True),
    "HEADER": _Reader.header,
    "KEYWORD": _Reader.keyword,
    "UNKEYWORD": lambda reader: k.Not(reader.keyword()),
    "LARGER": lambda reader: k.Larger(reader.args.number64()),
    "SMALLER": lambda reader: k.Smaller(reader.args.number64()),
    "UID": lambda reader: k.Numbers(reader.args.sequence_set(), by_uid=True),
    "OLDER": lambda reader: k.Age(reader.args.nonzero(), older=True),
    "YOUNGER": lambda reader: k.Age(reader.args.nonzero(), older=False),
    "MODSEQ": _Reader.mod_sequence,
    "EMAILID": lambda reader: k.EmailId(reader.text()),
    "THREADID": lambda reader: k.ThreadId(reader.text()),
}
