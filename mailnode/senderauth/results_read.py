"""Authentication-Results as values (RFC 8601 §2.2), as other stations wrote them.

    authres-payload = [CFWS] authserv-id [ CFWS authres-version ] ( no-result / 1*resinfo ) [CFWS] CRLF
    resinfo         = [CFWS] ";" methodspec [ CFWS reasonspec ] [ CFWS 1*propspec ]

One pass over tokens, linear in the length. More lenient than the grammar: a property's value may hold marks
without quotes (base64 does, in many fields that are about).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_RESULTS = 100  # that are read of one field
MAX_TOKENS = 20_000

_TOKEN = re.compile(
    rb"(?P<blank>[ \t\r\n]++)"
    rb'|"(?P<quoted>(?:[^"\\]++|\\.)*+)"'
    rb"|(?P<mark>[;=(])"
    rb'|(?P<word>[^ \t\r\n;="(]++|")',
    re.DOTALL,
)
_NAME = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`{|}~\x80-\xff-]*")
_PAREN = re.compile(rb"\\.|[()]", re.DOTALL)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Property:
    """``kind.name=value``, such as ``smtp.mailfrom=a@example.com``."""

    kind: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class MethodResult:
    """What one method found. ``comment`` (only written, not read) and ``reason`` are for people."""

    method: str
    result: str
    properties: tuple[Property, ...] = ()
    comment: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """One field as it was read. ``authserv_id`` is in lower case."""

    authserv_id: str
    results: tuple[MethodResult, ...]


@dataclass(frozen=True, slots=True)
class _Token:
    """``mark`` is " ", ";" or "=", or "" for a word, whose text it is then."""

    mark: str
    text: str = ""


def parse(value: bytes) -> Parsed | None:
    """A field's value as values; None where it breaks the grammar. Unknown methods are kept."""
    first, *rest = _split(_tokens(value))
    head = _words(first)
    if not head or any(token.mark for word in head for token in word):
        return None
    name, *version = ("".join(token.text for token in word) for word in head)
    if version not in ([], ["1"]):
        return None
    parts = [part for part in map(_words, rest[:MAX_RESULTS]) if part]
    if len(parts) == 1 and [token.text.lower() for word in parts[0] for token in word] == ["none"]:
        parts = []
    found = [_result(part) for part in parts]
    results = tuple(one for one in found if one is not None)
    return Parsed(name.lower(), results) if len(results) == len(found) else None


def first_word(value: bytes) -> str:
    """The authserv-id, read as leniently as anybody might; "" where there is none."""
    at = 0
    while token := _TOKEN.match(value, at):
        at = token.end()
        if token["mark"] == b"(":
            at = _comment_end(value, at)
        elif token["quoted"] is not None:
            return _text(_ESCAPE.sub(rb"\1", token["quoted"]))
        elif token["blank"] is None:
            word = _NAME.match(token[0])
            return _text(word[0]) if word else ""
    return ""


def _tokens(value: bytes) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while (token := _TOKEN.match(value, at)) and len(found) < MAX_TOKENS:
        if token["word"] == b'"':  # it had no partner: no later one means anything, or each would search to the end
            value = value.replace(b'"', b" ")
            continue
        at = token.end()
        if token["mark"] == b"(":
            at = _comment_end(value, at)
            found.append(_Token(" "))
        elif token["mark"]:
            found.append(_Token(_text(token["mark"])))
        elif token["blank"]:
            found.append(_Token(" "))
        elif token["quoted"] is not None:
            found.append(_Token("", _text(_ESCAPE.sub(rb"\1", token["quoted"]))))
        else:
            found.append(_Token("", _text(token["word"])))
    return found


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")


def _comment_end(value: bytes, at: int) -> int:
    """RFC 5322 §3.2.2: comments nest. One that is not closed reaches to the end."""
    depth = 1
    for paren in _PAREN.finditer(value, at):
        depth += {b"(": 1, b")": -1}.get(paren[0], 0)
        if not depth:
            return paren.end()
    return len(value)


def _split(tokens: list[_Token]) -> list[list[_Token]]:
    parts: list[list[_Token]] = [[]]
    for token in tokens:
        if token.mark == ";":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _words(tokens: list[_Token]) -> list[list[_Token]]:
    """The tokens between blanks. Blanks around ".", "/" and the first "=" of a word mean nothing."""
    words: list[list[_Token]] = []
    blank, equals = True, 0
    for token in tokens:
        if token.mark == " ":
            blank = True
            continue
        if not words or (blank and not _joins(words[-1][-1], token, equals)):
            words.append([])
            equals = 0
        words[-1].append(token)
        equals += token.mark == "="
        blank = False
    return words


def _joins(last: _Token, token: _Token, equals: int) -> bool:
    """``equals`` is how many the word has: base64 may end in more than the one that means something."""
    if token.mark:
        return not equals
    return (last.mark == "=" and equals == 1) or last.text[-1:] in (".", "/") or token.text[:1] in (".", "/")


def _result(words: list[list[_Token]]) -> MethodResult | None:
    """``method[/version]=result [reason=value] *(ptype.property=value)``"""
    pairs = [_pair(word) for word in words]
    method, result = pairs[0]
    reason, properties = "", []
    for name, said in pairs[1:]:
        kind, dot, what = name.partition(".")
        if dot:
            properties.append(Property(kind.lower(), what.lower(), said))
        elif name.lower() == "reason":
            reason = said
        else:
            return None
    if not method or not result:
        return None
    return MethodResult(method.partition("/")[0].lower(), result.lower(), tuple(properties), reason=reason)


def _pair(word: list[_Token]) -> tuple[str, str]:
    """What stands before and behind the first "="; ("", "") without one."""
    for place, token in enumerate(word):
        if token.mark == "=":
            before = "".join(each.text for each in word[:place])
            return before, "".join(each.text or each.mark for each in word[place + 1 :])
    return "", ""
