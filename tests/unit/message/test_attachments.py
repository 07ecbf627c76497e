"""What counts as an attachment, and its name: mailnode.message.attachments."""

from __future__ import annotations

import pytest

from mailnode.message import structure
from mailnode.message.attachments import file_name, has_attachment, leaves


def root(header: str) -> structure.Part:
    return structure.scan(header.encode() + b"\r\n\r\nx")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Subject: plain", False),
        ("Content-Type: text/html", False),
        ("Content-Type: text/plain\r\nContent-Disposition: inline", False),
        ("Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt", True),
        ("Content-Type: text/csv; name=a.csv\r\nContent-Disposition: inline", True),
        ("Content-Type: application/pdf", True),
        ("Content-Type: image/png\r\nContent-ID: <a@b>", False),
        ("Content-Type: image/png\r\nContent-ID: <a@b>\r\nContent-Disposition: attachment", True),
        ("Content-Type: image/png", True),
        ("Content-Type: application/pgp-signature; name=signature.asc\r\nContent-Disposition: attachment", False),
        ("Content-Type: message/rfc822", True),
        ("Content-Type: text/calendar; method=REQUEST", False),
    ],
)
def test_is_attachment(header: str, expected: bool) -> None:
    assert has_attachment(root(header)) is expected


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Content-Type: a/b; name=n.txt", "n.txt"),
        ("Content-Type: a/b; name=n.txt\r\nContent-Disposition: attachment; filename=f.txt", "f.txt"),
        ('Content-Disposition: attachment; filename="C:\\\\dir\\\\f.txt"', "f.txt"),
        ('Content-Disposition: attachment; filename="../../etc/passwd"', "passwd"),
        ("Content-Disposition: attachment", ""),
        ("Content-Disposition: attachment; filename=" + "x" * 500, "x" * 255),
    ],
)
def test_file_name(header: str, name: str) -> None:
    assert file_name(root(header)) == name


def test_leaves_are_in_order() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n"
    raw += b"--b\n\n1\n--b\nContent-Type: message/rfc822\n\n\n2\n--b\n\n3\n--b--"
    assert [raw[part.body_start : part.body_end] for part in leaves(structure.scan(raw))] == [b"1", b"2", b"3"]
