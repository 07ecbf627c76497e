"""Every message of the corpus by name: tests/corpus/structure, CPython's own, and those that are made here.

What is made here would be long as a file: bombs, many parts.
"""

from __future__ import annotations

from pathlib import Path

from tests.support import awkward

FOLDER = Path(__file__).parent / "structure"
FIELDS = awkward.FIELDS
MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


def letters() -> dict[str, bytes]:
    """The messages that IMAP can carry, by name."""
    found = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.eml"))}
    found |= {f"cpython {name.removesuffix('.txt')}": raw for name, raw in awkward.cpython().items()}
    return found | awkward.OURS | made()


def made() -> dict[str, bytes]:
    return {
        "multiparts 200 deep": nested(200, b"Content-Type: multipart/mixed; boundary=%03d\r\n\r\n--%03d\r\n"),
        "messages 200 deep": FIELDS + b"Content-Type: message/rfc822\r\n\r\n" * 200 + b"\r\nthe bottom\r\n",
        "10,100 parts": many_parts(10_100),
        "1,000 empty parts": FIELDS + MIXED + b"--b\r\n" * 1_000 + b"--b--\r\n",
        "1,000 recipients": FIELDS
        + b"Cc: "
        + b",\r\n ".join(b"Name %d <u%d@example.test>" % (n, n) for n in range(1_000))
        + b"\r\n\r\nx\r\n",
        "100 continuations": FIELDS
        + b"Content-Type: text/plain"
        + b"".join(b';\r\n name*%d="%02d"' % (n, n) for n in range(100))
        + b"\r\n\r\nx\r\n",
        "header of 1,000 fields": FIELDS + b"X-Filler: something\r\n" * 1_000 + b"Subject: last\r\n\r\nx\r\n",
        "line of 100,000": FIELDS + b"Subject: " + b"long " * 20_000 + b"\r\n\r\n" + b"x" * 100_000 + b"\r\n",
    }


def nested(depth: int, level: bytes) -> bytes:
    return FIELDS + b"".join(level % (at, at) for at in range(depth)) + b"\r\nthe bottom\r\n"


def many_parts(count: int) -> bytes:
    parts = b"".join(b"--b\r\nContent-ID: <%d@example.test>\r\n\r\n%d\r\n" % (at, at) for at in range(count))
    return FIELDS + MIXED + parts + b"--b--\r\n"
