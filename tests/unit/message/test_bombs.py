"""Headers that are made to cost: of a megabyte, which is read, and of ten, of which the rest is not.

Each is digested, which reads the structure, every address and every name, within a bounded time, and what is kept of
it is bounded too. How the cost grows is judged in ``test_cost``.
"""

from __future__ import annotations

import pytest

from mailnode.message.digest import digest
from tests.support import pace

SECONDS = 2.0  # of CPU time; the slowest takes a tenth on the machines we know
KEPT = 2_500_000  # octets of anything that is stored beside the message

# What stands in front, what is repeated ("%d" is counted), what ends it.
BOMBS = {
    "one field": (b"X-Filler: ", b"xxxxxxxxxx", b""),
    "lines": (b"", b"X: y\r\n", b""),
    "names of their own": (b"", b"X%d:\r\n", b""),
    "folded lines": (b"Subject: a", b"\r\n b", b""),
    "blank folds": (b"To: a", b"\r\n ", b", b@example.test"),
    "addresses": (b"To: ", b"a@b.c, ", b""),
    "groups": (b"To: ", b"g: a@b;, ", b""),
    "open groups": (b"To: ", b"g: a, ", b""),
    "routes": (b"To: <", b"@a,", b":b@c>"),
    "comments in comments": (b"To: ", b"(", b""),
    "blanks in an address": (b"To: <a", b"\t", b"(>"),
    "comments": (b"To: ", b"(x) ", b"a@b"),
    "quoted pairs": (b'To: "', b'\\"', b'"'),
    "open quotes": (b"To: ", b'"', b""),
    "brackets": (b"To: ", b"[<", b""),
    "at signs": (b"To: ", b"a@", b""),
    "encoded words": (b"Subject: ", b"=?utf-8?q?=E4?= ", b""),
    "one encoded word": (b"Subject: =?utf-8?q?", b"=E4", b"?="),
    "open encoded words": (b"Subject: ", b"=?a?b?", b""),
    "nested encoded words": (b"Subject: ", b"=?utf-8?b?PT91dGYtOD9i?=", b""),
    "encoded names": (b"To: ", b"=?gb18030?b?xOO6ww==?= <a@b>, ", b""),
    "semicolons": (b"Content-Type: a/b", b";", b""),
    "semicolons before no parameter": (b"Content-Type: a/b", b" ;", b"="),
    "continuations": (b"Content-Type: a/b", b";n*%d=x", b""),
    "encoded continuations": (b"Content-Type: a/b", b";n*%d*=%%41", b""),
    "continuations of one number": (b"Content-Type: a/b", b";n*0=x", b""),
    "parameters": (b"Content-Type: a/b", b";p%d=v", b""),
    "comments among parameters": (b"Content-Type: a/b", b"(x)", b";a(y)=(z)b"),
    "open comments among parameters": (b"Content-Type: a/b; a=", b"(", b""),
    "half parameters": (b"Content-Type: a/b", b";a(=", b""),
    "boundary": (b'Content-Type: multipart/mixed; boundary="', b"b", b'"'),
    "languages": (b"Content-Language: ", b"en,(x)", b""),
    "references": (b"References: ", b"<a@b> ", b""),
    "open references": (b"References: ", b"<", b""),
    "dates": (b"Date: ", b"1 Jan ", b""),
}


def bomb(name: str, size: int) -> bytes:
    before, again, behind = BOMBS[name]
    count = size // len(again)
    filled = b"".join(again % at for at in range(count)) if b"%d" in again else again * count
    return b"From: a@example.com\r\n" + before + filled + behind + b"\r\n\r\nbody\r\n"


@pytest.mark.parametrize("name", [*BOMBS, "one field of 10 MB", "lines of 10 MB", "addresses of 10 MB"])
def test_is_digested_in_time(name: str) -> None:
    raw = bomb(name.removesuffix(" of 10 MB"), 10_000_000 if name.endswith("MB") else 1_000_000)
    taken = digest(raw)
    pace.assert_within(SECONDS, lambda: digest(raw))
    assert max(map(len, (taken.envelope, taken.bodystructure, taken.parts, taken.head))) < KEPT


def test_a_million_parts_end_at_the_limit() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 1_000_000
    taken = digest(raw)
    pace.assert_within(SECONDS, lambda: digest(raw))
    assert taken.bodystructure.count(b'("text" "plain"') == 10_001


def test_multiparts_in_multiparts_end_at_the_limit() -> None:
    """Every level searches what is left for its boundary, so the levels are what makes it cost."""
    levels = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (at, at) for at in range(100))
    raw = levels + b"\r\n" + b"--b\r\n" * 2_000_000
    taken = digest(raw)
    pace.assert_within(2 * SECONDS, lambda: digest(raw))
    assert taken.bodystructure.count(b'"boundary"') <= 64
