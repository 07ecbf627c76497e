"""FETCH items, sections and modifiers."""

from __future__ import annotations

import pytest

from mailnode.errors import ProtocolError
from mailnode.proto.imap.commands import Attribute, Fetch, FetchItem, Section
from mailnode.proto.imap.framing import Frame
from mailnode.proto.imap.parse import parse


def fetch(text: bytes) -> Fetch:
    found = parse(Frame(b"a FETCH 1 " + text))
    assert isinstance(found, Fetch)
    return found


ITEMS: list[tuple[bytes, tuple[FetchItem, ...]]] = [
    (b"FLAGS", (Attribute.FLAGS,)),
    (b"(UID FLAGS UID)", (Attribute.UID, Attribute.FLAGS)),
    (b"fast", (Attribute.FLAGS, Attribute.INTERNALDATE, Attribute.SIZE)),
    (b"BODY", (Attribute.BODY,)),
    (b"BODYSTRUCTURE", (Attribute.BODYSTRUCTURE,)),
    (b"body[]", (Section(b"BODY[]"),)),
    (b"BODY.PEEK[]", (Section(b"BODY[]", peek=True),)),
    (b"BODY.PEEK[]<0.100>", (Section(b"BODY[]", partial=(0, 100), peek=True),)),
    (b"BODY[1.2.mime]", (Section(b"BODY[1.2.MIME]", (1, 2), "MIME"),)),
    (b"BODY[3]", (Section(b"BODY[3]", (3,)),)),
    (
        b'BODY[HEADER.FIELDS (From "X-A")]',
        (Section(b"BODY[HEADER.FIELDS (From X-A)]", text="HEADER.FIELDS", fields=("FROM", "X-A")),),
    ),
    (
        b"BODY[2.HEADER.FIELDS.NOT (Subject)]<5.6>",
        (Section(b"BODY[2.HEADER.FIELDS.NOT (Subject)]", (2,), "HEADER.FIELDS.NOT", ("SUBJECT",), (5, 6)),),
    ),
    (b"RFC822.SIZE", (Attribute.SIZE,)),
    (b"RFC822.HEADER", (Section(b"RFC822.HEADER", text="HEADER", peek=True),)),
    (b"RFC822", (Section(b"RFC822"),)),
    (b"BINARY.PEEK[1]<0.9>", (Section(b"BINARY[1]", (1,), partial=(0, 9), peek=True, binary=True),)),
    (b"BINARY.SIZE[2.1]", (Section(b"BINARY.SIZE[2.1]", (2, 1), peek=True, binary=True, size_only=True),)),
]


@pytest.mark.parametrize(("text", "items"), ITEMS)
def test_items(text: bytes, items: tuple[FetchItem, ...]) -> None:
    assert fetch(text).items == items


def test_modifiers() -> None:
    found = fetch(b"(FLAGS) (CHANGEDSINCE 12345 VANISHED)")
    assert (found.changed_since, found.vanished) == (12345, True)


REFUSED = [
    b"", b"()", b"(FLAGS", b"NOSUCH", b"BODY[", b"BODY[MIME]", b"BODY[1.]", b"BODY[0]", b"BODY[HEADER.FIELDS]",
    b"BODY[HEADER.FIELDS ()]", b"BODY[HEADER.FIELDS (a:b)]", b"BODY[]<0.0>", b"BODY[]<0>", b"FLAGS UID",
    b"FLAGS (NOSUCH)", b"FLAGS (CHANGEDSINCE)", b"BODY[" + b".".join([b"1"] * 210) + b"]",
    b"(" + b" ".join([b"FLAGS"] * 300) + b")",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        fetch(text)
