"""Messages built from values: mailnode.message.compose, mime and words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from mailnode.errors import ProtocolError
from mailnode.message import structure, text
from mailnode.message.addresses import Address
from mailnode.message.attachments import file_name
from mailnode.message.compose import Attachment, Composition, compose
from mailnode.message.digest import digest

SIMPLE = Composition(
    from_=Address("Ann", "ann", "example.com"),
    date=datetime(2026, 11, 25, 9, 34, 59, tzinfo=UTC),
    message_id="id1@example.com",
    to=(Address("", "bob", "example.test"),),
    subject="Hello",
    text="How are you?\n",
)


def test_simple_message_is_plain() -> None:
    assert compose(SIMPLE) == (
        b"Date: Wed, 25 Nov 2026 09:34:59 +0000\r\n"
        b"From: Ann <ann@example.com>\r\n"
        b"To: bob@example.test\r\n"
        b"Subject: Hello\r\n"
        b"Message-ID: <id1@example.com>\r\n"
        b"User-Agent: Mailnode\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=us-ascii\r\n"
        b"\r\n"
        b"How are you?\r\n"
    )


def test_all_address_fields_and_ids() -> None:
    values = replace(
        SIMPLE,
        to=(Address("李四", "li", "example.test"), Address("B, Bob", "bob", "example.test")),
        cc=(Address("", "cc", "example.test"),),
        bcc=(Address("", "bcc", "example.test"),),
        reply_to=(Address("", "answers", "example.test"),),
        in_reply_to="b@x",
        references=("a@x", "b@x"),
    )
    read = message_from_bytes(compose(values), policy=policy.default)
    assert read["To"] == '李四 <li@example.test>, "B, Bob" <bob@example.test>'
    assert (read["Cc"], read["Bcc"], read["Reply-To"]) == (
        "cc@example.test",
        "bcc@example.test",
        "answers@example.test",
    )
    assert (read["In-Reply-To"], read["References"]) == ("<b@x>", "<a@x> <b@x>")


@pytest.mark.parametrize(
    "body",
    [
        "short ascii\n",
        "你好，世界\n" * 50,
        "mostly ascii with é\n" * 20,
        "x" * 5000,
        "From here\n.\n..\n trailing blank \n\ttab\t\n",
        "=\n==3D\n",
        "a\r\nb\rc\n",
        "",
        "\n\n\n",
        "nul \0 byte",
    ],
)
def test_text_comes_back(body: str) -> None:
    raw = compose(replace(SIMPLE, text=body))
    found = text.source(raw, structure.scan(raw)).replace("\r\n", "\n")
    wanted = body.replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")
    assert found.removesuffix("\n") == wanted.removesuffix("\n")


def test_lines_are_short_and_seven_bit() -> None:
    values = replace(
        SIMPLE,
        subject="主题 " * 100,
        text="长" * 3000,
        html="<p>" + "y" * 3000,
        to=tuple(Address(f"收件人 {number}", f"user{number}", "example.test") for number in range(50)),
        references=tuple(f"{'r' * 40}{number}@example.com" for number in range(60)),
        attachments=(Attachment("文件" * 60 + ".txt", "text/plain", b"\0\xff" * 3000),),
    )
    raw = compose(values)
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_html_has_a_plain_alternative() -> None:
    raw = compose(replace(SIMPLE, text="", html="<p>Hello <b>you</b></p>"))
    root = structure.scan(raw)
    assert [part.subtype for part in root.children] == [b"plain", b"html"]
    assert text.source(raw, root.children[0]) == "Hello you"


def test_pictures_stand_beside_the_html_and_files_around() -> None:
    values = replace(
        SIMPLE,
        html='<img src="cid:p1@x">',
        attachments=(Attachment("p.png", "image/png", b"\x89PNG", "p1@x"), Attachment("a.bin", "x/y", b"\0\1")),
    )
    raw = compose(values)
    root = structure.scan(raw)
    picture = structure.find(root, "1.2.2")
    file = structure.find(root, "2")
    assert picture
    assert file
    assert (picture.content_id, picture.disposition, text.content(raw, picture)) == (b"<p1@x>", b"inline", b"\x89PNG")
    assert (file.disposition, text.content(raw, file)) == (b"attachment", b"\0\1")


@pytest.mark.parametrize(
    "name", ["a.txt", "报告 2026.pdf", 'q"uo\\te.txt', "很长的名字" * 30, "a; b=c.txt", "'%41.txt", "a b"]
)
def test_file_names_come_back(name: str) -> None:
    raw = compose(replace(SIMPLE, attachments=(Attachment(name, "application/pdf", b"x"),)))
    part = structure.find(structure.scan(raw), "2")
    assert part
    assert file_name(part) == name.replace("\\", "/").rpartition("/")[2]
    read = message_from_bytes(raw, policy=policy.default)
    assert [each.get_filename() for each in read.iter_attachments()] == [name]


def test_message_is_attached_as_a_message_when_it_can_be() -> None:
    inner = compose(SIMPLE)
    raw = compose(replace(SIMPLE, attachments=(Attachment("m.eml", "message/rfc822", inner),)))
    part = structure.find(structure.scan(raw), "2")
    assert part
    assert part.message
    assert raw[part.body_start : part.body_end] == inner
    bare = compose(replace(SIMPLE, attachments=(Attachment("m.eml", "message/rfc822", b"A: b\n\nbare line feeds"),)))
    part = structure.find(structure.scan(bare), "2")
    assert part
    assert (part.type, text.content(bare, part)) == (b"application", b"A: b\n\nbare line feeds")


def test_boundary_is_not_in_the_content() -> None:
    first = compose(replace(SIMPLE, html="<p>x", attachments=(Attachment("a", "x/y", b"x"),)))
    again = compose(replace(SIMPLE, attachments=(Attachment("m.eml", "message/rfc822", first),)))
    once_more = compose(replace(SIMPLE, attachments=(Attachment("m.eml", "message/rfc822", again),)))
    part = structure.find(structure.scan(once_more), "2")
    assert part
    assert once_more[part.body_start : part.body_end] == again


EVIL = ["a\r\nBcc: evil@example.com", "a\nb", "a\rb", "a\0b", "a\u2028b", "a\x85b"]


@pytest.mark.parametrize("evil", EVIL)
def test_no_value_breaks_out_of_its_field(evil: str) -> None:
    for values in (
        replace(SIMPLE, subject=evil),
        replace(SIMPLE, user_agent=evil),
        replace(SIMPLE, from_=Address(evil, "a", "example.com")),
        replace(SIMPLE, from_=Address("", evil, "example.com")),
        replace(SIMPLE, to=(Address("", "a", evil),)),
        replace(SIMPLE, message_id=evil),
        replace(SIMPLE, in_reply_to=evil),
        replace(SIMPLE, references=(evil,)),
        replace(SIMPLE, attachments=(Attachment(evil, "x/y", b""),)),
        replace(SIMPLE, attachments=(Attachment("a", evil, b""),)),
        replace(SIMPLE, html="x", attachments=(Attachment("a", "x/y", b"", evil),)),
    ):
        with pytest.raises(ProtocolError):
            compose(values)


@pytest.mark.parametrize(
    "address",
    [Address("", "", "example.com"), Address("", "a", ""), Address("", "a", "b c"), Address("", "a" * 500, "b")],
)
def test_what_is_no_address_is_refused(address: Address) -> None:
    with pytest.raises(ProtocolError):
        compose(replace(SIMPLE, to=(address,)))


def test_odd_local_part_is_quoted() -> None:
    raw = compose(replace(SIMPLE, to=(Address("", 'a "b" c', "example.com"),)))
    assert b'To: "a \\"b\\" c"@example.com\r\n' in raw
    assert digest(raw).recipients == 'a "b" c@example.com'


def test_text_that_looks_like_an_encoded_word_stays_what_it_is() -> None:
    raw = compose(replace(SIMPLE, subject="=?utf-8?B?5L2g?=", from_=Address("=?utf-8?B?5L2g?=", "a", "example.com")))
    assert digest(raw).subject == "=?utf-8?B?5L2g?="
    assert digest(raw).sender == "=?utf-8?B?5L2g?= <a@example.com>"
