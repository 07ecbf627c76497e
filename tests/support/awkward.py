"""Messages that are hard to keep whole: CPython's own test data and some of ours."""

from __future__ import annotations

import os
import re
import sysconfig
from pathlib import Path

import pytest

from tests.support.install import line

LINE = 998  # RFC 5322 §2.1.1; SMTP takes no longer ones


def cpython() -> dict[str, bytes]:
    """Every message of CPython's test_email/data that SMTP can carry, with CRLF line ends."""
    return {path.name: wire(path.read_bytes()) for path in sorted(_folder().glob("msg_*.txt"))}


def _folder() -> Path:
    places = [Path(sysconfig.get_path("stdlib")), *Path("/usr/lib").glob("python3*")]
    for place in places:
        if (place / "test/test_email/data/msg_01.txt").exists():
            return place / "test/test_email/data"
    sentence = f"CPython's test data is missing: {line(['libpython3.11-testsuite'])}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence, allow_module_level=True)


def wire(raw: bytes) -> bytes:
    """The message as SMTP carries it: every line end CRLF, and one at the end."""
    lines = re.split(rb"\r\n|\r|\n", raw)
    if not lines[-1]:
        lines.pop()
    return b"".join(line_ + b"\r\n" for line_ in lines)


FIELDS = b"From: s@example.test\r\nTo: anna@example.test\r\n"

OURS: dict[str, bytes] = {
    "no header at all": b"\r\nonly a body\r\n",
    "no body and no empty line": FIELDS + b"Subject: nothing follows\r\n",
    "dots": FIELDS + b"\r\n.\r\n..\r\n...x\r\n.x\r\n" + b"x." * 400 + b"\r\n.\r\n",
    "longest line": FIELDS + b"\r\n" + b"x" * LINE + b"\r\n",
    "every octet but CR, LF and NUL": FIELDS
    + b"Content-Transfer-Encoding: 8bit\r\n\r\n"
    + bytes(octet for octet in range(1, 256) if octet not in b"\r\n")
    + b"\r\n",
    "empty lines at the end": FIELDS + b"\r\nx\r\n\r\n\r\n\r\n",
    "spaces at line ends": FIELDS + b"Subject: x  \r\n\r\nx \t\r\n  \r\n",
    "folded and empty fields": FIELDS + b"Subject:\r\n\tfolded\r\n \tonce more\r\nX-Empty:\r\nX-Blank: \r\n\r\nx\r\n",
    "the same field many times": FIELDS + b"Received: x\r\n" * 50 + b"\r\nx\r\n",
    "broken boundary": FIELDS + b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--b\r\n\r\nx\r\n--a--\r\n--a\r\n",
    "deep parts": FIELDS
    + b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (at, at) for at in range(60))
    + b"\r\nthe bottom\r\n",
    "wrong charset": FIELDS + b"Content-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe\xfd\r\n",
    "header in UTF-8": FIELDS + "Subject: 邮件 ünïcode\r\n\r\n正文\r\n".encode(),
    "base64 that is none": FIELDS + b"Content-Transfer-Encoding: base64\r\n\r\n!!!! not base64\r\n",
    "mbox's From": FIELDS + b"\r\nFrom here to there\r\n>From quoted\r\n",
    "looks like commands": FIELDS + b"\r\nQUIT\r\nMAIL FROM:<x@example.test>\r\nRSET\r\n",
    "one megabyte": FIELDS + b"\r\n" + (b"0123456789abcdef" * 4 + b"\r\n") * 16_000,
}
