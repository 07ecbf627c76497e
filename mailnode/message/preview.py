"""The first useful words of a message, in the spirit of RFC 8970: what a list shows under the subject."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailnode.message.attachments import is_attachment
from mailnode.message.structure import Part
from mailnode.message.text import Text, source
from mailnode.octets import Octets

LENGTH = 200
LOOKED_AT = 8000  # characters of a part
BEGINNING = 600  # of them that mostly suffice
FIRST, MOST = 1024, 32 * 1024  # octets of a plain text: what mostly suffices, and more than is looked at
_ORDER = {b"plain": 0, b"html": 1}  # a calendar or a list of addresses is the last resort
BODIES = 10  # parts looked at

_URL = re.compile(r"[<(\[]?\bhttps?://[^\s<>()\[\]]++[>)\]]?|\[(?:image|cid):[^\]\n]*+\]", re.I)
_RULE = re.compile(r"[\W_]*+\Z")
_ODD = re.compile(r"[>|{};*:：_-]")  # a line without any of these is none of what is looked for below
_QUOTE = re.compile(r"\s*+(?:>|\|)")
_MARKUP = re.compile(r"[{};*]")
_SIGNS = re.compile(r"[:：_-]")
_CSS = re.compile(r"\s*+(?:[@.#*]?[\w.#:, -]{1,80}\{|\}|[a-z-]{3,30}\s?:[^;\n]{1,100};\s*+\Z|/\*)")
# What stands above a quoted message, in the words of the usual programs.
_ATTRIBUTION = re.compile(
    r"\s*+(?:On .{5,200}(?:wrote|writes)\s?:|Am .{5,200} schrieb .{0,100}:|Le .{5,200} a écrit\s?:"
    r"|在.{4,200}写道\s?[:：]|.{4,200}于.{4,100}写道\s?[:：]|-{2,}\s?(?:Original|Forwarded|原始邮件|转发邮件|原邮件|回复的原邮件)"
    r"|_{20,}|(?:From|发件人|寄件者|差出人)\s?[:：] .{0,200}\Z)",
    re.I,
)
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffc]"
)


def preview(found: list[Text]) -> str:
    """At most 200 characters on one line, from the first body part that says something; "" when none does."""
    bodies = [text for text in found if not is_attachment(text.part)]
    for text in sorted(bodies[:BODIES], key=lambda text: _ORDER.get(text.part.subtype, 2)):
        words = summary(text.text)
        if words:
            return words
    return ""


def of_beginning(raw: Octets, root: Part) -> str:
    """The same of a message that is nothing but one text, and can be cut anywhere: the first lines mostly fill it."""
    if is_attachment(root):
        return ""
    if root.size > FIRST:
        text = source(raw, root, FIRST)
        words = _useful(text[: text.rfind("\n") + 1])
        if len(words) == LENGTH:
            return words
    return summary(source(raw, root, MOST))


def summary(text: str) -> str:
    """The useful beginning of a text: without quotations, rules, addresses of pages, and what only programs read."""
    return _useful(text) or _join(line.lstrip("> |") for line in _lines(text))


def _useful(text: str) -> str:
    return _join(_fresh(_lines(text)))


def _lines(text: str) -> Iterator[str]:
    """Cut apart no further than somebody asks."""
    cut = text.rfind("\n", 0, BEGINNING) + 1
    yield from text[:cut].splitlines()
    yield from text[cut:LOOKED_AT].splitlines()


def _fresh(lines: Iterator[str]) -> Iterator[str]:
    some = False
    for line in filter(None, lines):
        if _ODD.search(line):
            if line.rstrip("\r") == "-- ":  # the signature, RFC 3676 §4.3
                return
            if _QUOTE.match(line) or (_MARKUP.search(line) and _CSS.match(line[:200])):
                continue
            if _SIGNS.search(line[:400]) and _ATTRIBUTION.match(line[:400]):
                if some:
                    return
                continue
        some = some or not line.isspace()
        yield line


def _join(lines: Iterable[str]) -> str:
    found: list[str] = []
    length = 0
    for line in lines:
        text = line if line.isascii() else _INVISIBLE.sub("", line)
        if "//" in text or "[" in text:
            text = _URL.sub(" ", text)
        if _RULE.match(text):
            continue
        words = " ".join(text.split())
        found.append(words)
        length += len(words) + 1
        if length > LENGTH:
            break
    joined = " ".join(found)
    return joined if len(joined) <= LENGTH else joined[: LENGTH - 1].rstrip() + "…"
