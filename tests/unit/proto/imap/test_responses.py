"""What the server says, byte by byte."""

from __future__ import annotations

import pytest

from mailnode.proto.imap import responses as r
from mailnode.proto.imap.commands import Noop

STRINGS = [
    (b"", b'""'),
    (b"plain text", b'"plain text"'),
    (b'a "b" \\', b'"a \\"b\\" \\\\"'),
    (b"two\r\nlines", b"{10}\r\ntwo\r\nlines"),
    (b"\xc3\xa4", b"{2}\r\n\xc3\xa4"),
    (b"x" * 1001, b"{1001}\r\n" + b"x" * 1001),
]


@pytest.mark.parametrize(("value", "wire"), STRINGS)
def test_string(value: bytes, wire: bytes) -> None:
    assert r.string(value) == wire


def test_text_for_people_cannot_forge_a_response() -> None:
    assert bytes(r.no(Noop("a"), "bad\r\n* OK forged", code="LIMIT")) == b"a NO [LIMIT] bad * OK forged\r\n"


@pytest.mark.parametrize(
    ("line", "wire"),
    [
        (r.list_line("Entwürfe", ["\\HasNoChildren"]), b'* LIST (\\HasNoChildren) "/" Entw&APw-rfe\r\n'),
        (r.list_line("a b", [], lsub=True), b'* LSUB () "/" "a b"\r\n'),
        (r.list_line("x", [], childinfo=True), b'* LIST () "/" x ("CHILDINFO" ("SUBSCRIBED"))\r\n'),
        (r.list_line("nil", []), b'* LIST () "/" "nil"\r\n'),
        (r.status("x", [("MESSAGES", 3), ("UNSEEN", 1)]), b"* STATUS x (MESSAGES 3 UNSEEN 1)\r\n"),
        (r.quota("", [("STORAGE", 10, 512)]), b'* QUOTA "" (STORAGE 10 512)\r\n'),
        (r.enabled([]), b"* ENABLED\r\n"),
        (r.enabled(["CONDSTORE"]), b"* ENABLED CONDSTORE\r\n"),
        (r.search([2, 5]), b"* SEARCH 2 5\r\n"),
        (r.search([], 7), b"* SEARCH\r\n"),
        (r.search([2], 7), b"* SEARCH 2 (MODSEQ 7)\r\n"),
        (r.esearch("a1", [("COUNT", b"3")], by_uid=True), b'* ESEARCH (TAG "a1") UID COUNT 3\r\n'),
        (r.fetch(2, [b"UID 7", b"FLAGS ()"]), b"* 2 FETCH (UID 7 FLAGS ())\r\n"),
        (r.vanished([1, 2, 3], earlier=True), b"* VANISHED (EARLIER) 1:3\r\n"),
        (
            r.permanent_flags(["\\Seen"], new_keywords=True),
            b"* OK [PERMANENTFLAGS (\\Seen \\*)] Flags that are kept\r\n",
        ),
        (r.bad("*", "no"), b"* BAD no\r\n"),
    ],
)
def test_lines(line: bytes, wire: bytes) -> None:
    assert line == wire


def test_codes() -> None:
    assert r.append_uid(7, [4]) == "APPENDUID 7 4"
    assert r.copy_uid(7, [1, 2, 9], [4, 5, 6]) == "COPYUID 7 1:2,9 4:6"
