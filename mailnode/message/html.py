"""HTML of strangers, made text or made harmless.

``to_text`` is a tokenizer of ours and no tree builder, because those are quadratic on hostile input: a
measured 250 KB of unclosed ``<div>`` costs Lexbor (selectolax) 2.8 s, 440 KB of attributes 4.1 s; here
they cost milliseconds. ``sanitize`` does build a tree (nh3), so it first counts how deep that would be.

``sanitize`` is for what the server itself shows (previews, notifications); the web client cleans what it
renders once more. Nothing that it lets through makes a reader's program fetch anything.
"""

from __future__ import annotations

import re
from html import escape, unescape
from itertools import islice

import nh3

MAX_HTML = 1024 * 1024
MAX_TAGS = 50_000
MAX_DEPTH = 500
MAX_ATTRIBUTES = 500

_MARKUP = re.compile(
    r"<(?:!--(?:[^-]++|-(?!->))*+(?:-->)?"
    r"|[!?][^>]*+>?"
    r"|(?P<slash>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]*+)"
    r"(?P<rest>(?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+[^>]*+)>?)"
)
_RAW = {
    name: re.compile(f"</{name}(?=[\\s/>])", re.I)
    for name in ("script", "style", "title", "template", "xmp", "iframe", "noembed", "noframes")
}
_HIDDEN = re.compile(
    r"display\s*+:\s*+none|visibility\s*+:\s*+hidden|font-size\s*+:\s*+0(?![.\d])|mso-hide\s*+:\s*+all"
    r"|(?<![\w:=.\"'-])hidden(?=[\s/=]|\Z)",
    re.I,
)
_LINES = frozenset((
    "address", "article", "aside", "blockquote", "br", "caption", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li",
    "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
))  # fmt: skip
_CELLS = frozenset(("td", "th", "option", "button"))
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "wbr")
)
# Their start closes the one before, so many of them are not deep.
_SELF_CLOSING = _VOID | {"p", "li", "td", "th", "tr", "dt", "dd", "option", "tbody", "thead", "tfoot"}
_SPACES = re.compile(r"[ \t\r\n\f\v\xa0\u2007\u202f\u3000]+")
_AROUND_MARKS = re.compile(r" ?\0[ \0]*")
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u206f\ufeff]")


def to_text(html: str) -> str:
    """What a reader would see, one line per block, without scripts, styles and hidden elements."""
    html = html[:MAX_HTML].replace("\0", " ")
    text = "".join(_visible(html))
    if "&" in text:
        text = unescape(text)  # a NUL written as a character reference comes out as U+FFFD
    text = _INVISIBLE.sub("", text) if not text.isascii() else text
    return _AROUND_MARKS.sub("\n", _SPACES.sub(" ", text)).strip()


def _visible(html: str) -> list[str]:
    """Pieces of text, with a NUL where a line ends."""
    out: list[str] = []
    position = 0
    hidden, depth = "", 0  # the element that hides what we are in, and how many of its name are open
    for tag in islice(_MARKUP.finditer(html), MAX_TAGS):
        start = tag.start()
        if start < position:
            continue  # inside a script or style that we have passed
        if not hidden and start > position:
            out.append(html[position:start])
        position = tag.end()
        name = tag["name"]
        if name is None:
            continue
        name = name.lower()
        if hidden:
            if name == hidden:
                depth += -1 if tag["slash"] else 1
                hidden = hidden if depth else ""
            continue
        if name in _LINES:
            out.append("\0")
        elif name in _CELLS:
            out.append(" ")
        if tag["slash"]:
            continue
        if name in _RAW:
            end = _RAW[name].search(html, position)
            position = end.start() if end else len(html)
        elif name not in _SELF_CLOSING and tag["rest"] and _HIDDEN.search(tag["rest"]):
            hidden, depth = name, 1
    if not hidden:
        out.append(html[position:])
    return out


_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "center", "cite", "code", "dd", "del", "div", "dl", "dt", "em", "font", "h1",
    "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li", "ol", "p", "pre", "q", "s", "small", "span", "strike",
    "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"align", "dir", "lang", "style", "title", "valign"},
    "a": {"href"},
    "font": {"color", "face", "size"},
    "img": {"alt", "height", "src", "width"},
    "ol": {"start"},
    "table": {"border", "cellpadding", "cellspacing", "width"},
    "td": {"colspan", "rowspan", "width"},
    "th": {"colspan", "rowspan", "width"},
}
_STYLES = {
    "color", "background-color", "font-family", "font-size", "font-style", "font-weight", "line-height", "margin",
    "padding", "text-align", "text-decoration", "border", "border-color", "border-style", "border-width", "width",
    "vertical-align", "white-space",
}  # fmt: skip
_CSS_FETCHES = re.compile(r"url\s*+\(|image-set|@import|expression|\\", re.I)


def sanitize(html: str) -> str:
    """Harmless HTML: no script, form, frame or positioning, no picture that is not in the message (cid:, data:).

    HTML that is nested deeper than people write comes back as its text.
    """
    html = html[:MAX_HTML]
    if _is_hostile(html):
        return "<pre>" + escape(to_text(html)) + "</pre>"
    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags={"script", "style", "title", "template", "iframe", "object", "svg", "math", "noscript"},
        attributes=_ATTRIBUTES,
        attribute_filter=_keep_attribute,
        filter_style_properties=_STYLES,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        url_relative="deny",
    )


def _keep_attribute(tag: str, name: str, value: str) -> str | None:
    if name == "style":
        return None if _CSS_FETCHES.search(value) else value
    if name == "src":
        local = value.startswith(("cid:", "data:image/png", "data:image/jpeg", "data:image/gif", "data:image/webp"))
        return value if local else None
    if name == "href":
        return None if value.lstrip().lower().startswith(("data:", "cid:")) else value
    return value


def _is_hostile(html: str) -> bool:
    opened: dict[str, int] = {}
    depth = 0
    for number, tag in enumerate(_MARKUP.finditer(html)):
        name = (tag["name"] or "").lower()
        if not name or name in _SELF_CLOSING:
            continue
        if not tag["slash"]:
            opened[name] = opened.get(name, 0) + 1
            depth += 1
        elif opened.get(name):
            opened[name] -= 1
            depth -= 1
        if depth > MAX_DEPTH or number > MAX_TAGS or len(tag["rest"].split(None, MAX_ATTRIBUTES)) > MAX_ATTRIBUTES:
            return True
    return False
