"""Attack: mail whose header tries to speak for the server. What is sent to clients has one reading only."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from mailnode.message.digest import digest
from tests.support.examples import examples

_TOKEN = re.compile(
    rb'(?P<open>\()|(?P<close>\))|(?P<space> )|(?P<quoted>"(?:[^"\\\r\n\0]|\\["\\])*")|(?P<atom>NIL|[0-9]+)'
)
_LITERAL = re.compile(rb"\{([0-9]+)\}\r\n")

HOSTILE = st.lists(
    st.sampled_from(
        [b"\r", b"\n", b"\0", b'"', b"\\", b"(", b")", b"{5}", b"{5}\r\nabcde", b"* 1 EXPUNGE\r\n", b"a1 OK\r\n",
         b"NIL", b" ", b"<", b">", b"@", b":", b";", b",", b"=", b"=?utf-8?q?=0D=0A*_BYE?=", b"\xff", b"\x80", b"[",
         b"=?utf-8?b?DQoqIEJZRQ==?=", "\u4e2d".encode(), b"a", b"x" * 9000, b"\r\n ", b"%s%d%b", b"]", b"~{1}\r\nx"]
    ),
    max_size=12,
).map(b"".join)  # fmt: skip

NAMES = st.sampled_from(
    [b"Subject", b"From", b"To", b"Cc", b"Bcc", b"Sender", b"Reply-To", b"Date", b"Message-ID", b"In-Reply-To",
     b"Content-Type", b"Content-Disposition", b"Content-ID", b"Content-Description", b"Content-Language",
     b"Content-Location", b"Content-MD5", b"Content-Transfer-Encoding"]
)  # fmt: skip
KINDS = st.sampled_from(
    [b"", b"text/plain; name=", b"multipart/mixed; boundary=", b"attachment; filename=", b"a@", b"<"]
)


def reads_as_one(data: bytes) -> bool:
    """Whether this is one value in parentheses and nothing behind it, as the strictest client reads it."""
    at, depth = 0, 0
    while at < len(data):
        literal = _LITERAL.match(data, at)
        if literal is not None:
            at = literal.end() + int(literal[1])
            if at > len(data) or b"\0" in data[literal.end() : at]:
                return False
            continue
        token = _TOKEN.match(data, at)
        if token is None:
            return False
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        at = token.end()
        if depth < 0 or (depth == 0 and at < len(data)):
            return False
    return depth == 0


@settings(max_examples=examples(400), deadline=None)
@given(st.lists(st.tuples(NAMES, KINDS, HOSTILE), max_size=12), HOSTILE)
def test_no_header_speaks_for_the_server(fields: list[tuple[bytes, bytes, bytes]], body: bytes) -> None:
    raw = b"".join(name + b": " + kind + value + b"\r\n" for name, kind, value in fields) + b"\r\n" + body
    found = digest(raw)
    assert reads_as_one(found.envelope), found.envelope
    assert reads_as_one(found.bodystructure), found.bodystructure
    assert reads_as_one(found.body), found.body
