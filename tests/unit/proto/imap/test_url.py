"""URLs of messages and their parts (RFC 5092 §6, §7 and §11)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.errors import ProtocolError
from mailnode.proto.imap.url import TO_THE_END, MessageUrl, parse


def test_an_url_with_everything() -> None:
    found = parse(
        b"imap://anna%40a.test;AUTH=*@mail.example.com:143/INBOX%2FOld%20%C3%A4;UIDVALIDITY=3857/;UID=20"
        b"/;SECTION=1.2.HEADER.FIELDS%20(Date%20From)/;PARTIAL=5.10"
    )
    assert (found.user, found.host, found.mailbox) == ("anna@a.test", "mail.example.com", "INBOX/Old ä")
    assert (found.uid_validity, found.uid) == (3857, 20)
    section = found.section
    assert (section.part, section.text, section.fields) == ((1, 2), "HEADER.FIELDS", ("DATE", "FROM"))
    assert section.partial == (5, 10)


@pytest.mark.parametrize(
    ("text", "mailbox"),
    [
        (b"/Drafts/;UID=1", "Drafts"),
        (b"/a/b/;uid=1", "a/b"),
        (b";UID=1", ""),
        (b"/Drafts;uidvalidity=7/;UID=1", "Drafts"),
    ],
)
def test_references_leave_out_what_is_known(text: bytes, mailbox: str) -> None:
    found = parse(text)
    assert (found.user, found.host, found.mailbox, found.uid) == ("", "", mailbox, 1)
    assert (found.section.part, found.section.text, found.section.partial) == ((), "", None)


def test_a_partial_range_may_have_no_end() -> None:
    assert parse(b";UID=1/;PARTIAL=7").section.partial == (7, TO_THE_END)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"/INBOX",
        b"/INBOX/;UID=0",
        b"/INBOX/;UID=1/;SECTION=1.X",
        b"/INBOX/;UID=1/;SECTION=1%0A",
        b"/INBOX/;UID=1/;SECTION=%ff",
        b"/INBOX/;UID=1/;PARTIAL=1.0",
        b"/INBOX/;UID=1;URLAUTH=anonymous",
        b"imap://host/;UID=1",
        b"http://host/INBOX/;UID=1",
        b"/" + b"x" * 9000 + b"/;UID=1",
    ],
)
def test_what_names_no_message_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse(text)


tokens = st.sampled_from(
    [b"imap://", b"a@", b"host", b"/", b";UID=", b"1", b"/;SECTION=", b"/;PARTIAL=", b"%0a", b"\xff"]
)


@given(st.one_of(st.binary(), st.lists(tokens).map(b"".join)))
def test_any_bytes_are_an_url_or_refused(text: bytes) -> None:
    try:
        assert isinstance(parse(text), MessageUrl)
    except ProtocolError:
        pass
