"""HTML of strangers, made text.

A tokenizer of ours and no tree builder, because those are quadratic on hostile input: a measured
250 KB of unclosed ``<div>`` costs Lexbor (selectolax) 2.8 s, 440 KB of attributes 4.1 s; here they cost
milliseconds. Nothing here makes HTML harmless: the web client cleans what it shows.
"""

from __future__ import annotations

import re
from html import unescape

MAX_READ = 512 * 1024  # characters that to_text looks at
MAX_TAGS = 25_000

_MARKUP = re.compile(r"<(?:[!?][^>]*+>?|(/?)([a-zA-Z][a-zA-Z0-9:-]*+)((?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+[^>]*+)>?)")
# Comments, and elements whose content is not markup; unended ones take the rest, as in browsers.
_UNSEEN = re.compile(
    r"<!--(?:[^-]++|-(?!->))*+(?:-->)?"
    r"|<(?i:(script|style|title|template|xmp|iframe|noembed|noframes)(?=[\s/>])[^>]*+>?"
    r"(?:[^<]++|<(?!/\1[\s/>]))*+)"
)
# Of attributes in lower case. Each branch begins with a letter, by which the search finds its way quickly.
_HIDDEN = re.compile(
    r"display\s*+:\s*+none|visibility\s*+:\s*+hidden|font-size\s*+:\s*+0(?![.\d])|mso-hide\s*+:\s*+all"
    r"|hidden(?<![\w:=.\"'-]hidden)(?=[\s/=]|\Z)"
)
_LINES = frozenset((
    "address", "article", "aside", "blockquote", "br", "caption", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li",
    "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
))  # fmt: skip
_CELLS = frozenset(("td", "th", "option", "button"))
_MARKS = dict.fromkeys(_LINES, "\0") | dict.fromkeys(_CELLS, " ")
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "wbr")
)
# Their start closes the one before, so many of them are not deep.
_SELF_CLOSING = _VOID | {"p", "li", "td", "th", "tr", "dt", "dd", "option", "tbody", "thead", "tfoot"}
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u206f\ufeff]")


def to_text(html: str) -> str:
    """What a reader would see, one line per block, without scripts, styles and hidden elements."""
    html = html[:MAX_READ].replace("\0", " ")
    text = "".join(_visible(html))
    if "&" in text:
        text = unescape(text)  # a NUL written as a character reference comes out as U+FFFD
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    lines = " ".join(text.split()).split("\0")
    return "\n".join([line for each in lines if (line := each.strip())])


def _visible(html: str) -> list[str]:
    """Pieces of text, with a NUL where a line ends."""
    pieces = _MARKUP.split(_UNSEEN.sub("", html), MAX_TAGS)
    if len(pieces) > 4 * MAX_TAGS:
        pieces[-1] = pieces[-1].partition("<")[0]
    if not _hides("/".join(filter(None, pieces[3::4]))):
        shown = [""] * (len(pieces) // 2 + 1)
        shown[::2] = pieces[::4]
        shown[1::2] = [_MARKS.get(tag.lower(), "") if tag else "" for tag in pieces[2::4]]
        return shown
    out = [pieces[0]]
    hidden, depth = "", 0  # the element that hides what we are in, and how many of its name are open
    # Four pieces a tag: slash, name, attributes, and the text that follows.
    for slash, tag, attributes, text in zip(pieces[1::4], pieces[2::4], pieces[3::4], pieces[4::4], strict=True):
        name = tag.lower() if tag else ""
        if hidden:
            if name == hidden:
                depth += -1 if slash else 1
                if not depth:
                    hidden = ""
                    out.append(text)
        elif not slash and attributes and name not in _SELF_CLOSING and _hides(attributes):
            hidden, depth = name, 1
        else:
            out.append(_MARKS.get(name, ""))
            out.append(text)
    return out


def _hides(attributes: str) -> bool:
    """Whether one of them says so: of one element, or of several with "/" between them."""
    lower = attributes.lower()
    may = "none" in lower or "hidden" in lower or "font-size" in lower or "mso-hide" in lower
    return may and _HIDDEN.search(lower) is not None
