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

import nh3

MAX_HTML = 1024 * 1024
MAX_READ = 512 * 1024  # characters that to_text looks at
MAX_TAGS = 25_000
MAX_DEPTH = 500
MAX_ATTRIBUTES = 500

_MARKUP = re.compile(r"<(?:[!?][^>]*+>?|(/?)([a-zA-Z][a-zA-Z0-9:-]*+)((?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+[^>]*+)>?)")
# Comments, and elements whose content is not markup; unended ones take the rest, as in browsers.
_UNSEEN = re.compile(
    r"<!--(?:[^-]++|-(?!->))*+(?:-->)?"
    r"|<(?i:(script|style|title|template|xmp|iframe|noembed|noframes)(?=[\s/>])[^>]*+>?"
    r"(?:[^<]++|<(?!/\1[\s/>]))*+)"
)
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
    lower = html.lower()
    if not ("none" in lower or "hidden" in lower or "font-size" in lower or "mso-hide" in lower):
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
        elif not slash and attributes and name not in _SELF_CLOSING and _HIDDEN.search(attributes):
            hidden, depth = name, 1
        else:
            out.append(_MARKS.get(name, ""))
            out.append(text)
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
    for number, tag in enumerate(_MARKUP.finditer(_UNSEEN.sub("", html))):
        slash, name, attributes = tag.groups("")
        name = name.lower()
        if not name or name in _SELF_CLOSING:
            continue
        if not slash:
            opened[name] = opened.get(name, 0) + 1
            depth += 1
        elif opened.get(name):
            opened[name] -= 1
            depth -= 1
        if depth > MAX_DEPTH or number > MAX_TAGS or len(attributes.split(None, MAX_ATTRIBUTES)) > MAX_ATTRIBUTES:
            return True
    return False
