"""Any bytes at all have a digest, and what we write we can read."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from mailnode.errors import ProtocolError
from mailnode.message import (
    addresses,
    conversation,
    encoded_words,
    headers,
    html,
    imap_string,
    parameters,
    preview,
    structure,
    text,
    trace,
)
from mailnode.message.addresses import Address
from mailnode.message.attachments import file_name
from mailnode.message.compose import Attachment, Composition, compose
from mailnode.message.dates import date, utc
from mailnode.message.digest import digest
from mailnode.message.structure import Part

# Pieces of mail, so that chance makes messages and not only noise.
PIECES = st.sampled_from(
    [
        b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b"\t", b":", b";", b",", b'"', b"\\", b"(", b")", b"<", b">", b"@",
        b"--", b"--b", b"--b--", b"\r\n--b\r\n", b"\n--b\n", b"\n--c--\n", b"boundary=b", b'boundary="c"', b"[", b"]",
        b"Content-Type: ", b"multipart/mixed; ", b"multipart/digest; ", b"message/rfc822", b"text/html", b"text/plain",
        b"charset=gb2312", b"charset=utf-16", b"charset=iso-2022-jp", b"charset=utf-7", b"charset=hz", b"name*0*=",
        b"Content-Disposition: attachment; ", b"filename=", b"filename*=utf-8''%41", b"Content-Transfer-Encoding: ",
        b"base64", b"quoted-printable", b"Subject: ", b"From: ", b"To: ", b"Date: ", b"References: ", b"Message-ID: ",
        b"=?utf-8?B?", b"=?gbk?Q?", b"?=", b"=E4=BD", b"5L2g", b"a@b.c", b"x", b"Wed, 25 Nov 2026 09:34:59 +0800",
        b"<p>", b"<div hidden>", b"</div>", b"<!--", b"-->", b"<script>", b"&amp;", b"&#0;", b"\x00", b"\xff", b"=",
        b"Re: ", b"[x] ", b"(fwd)", b"> ", b"-- \n", b"http://x",
    ]
)  # fmt: skip
MAIL = st.one_of(st.binary(), st.lists(st.one_of(PIECES, st.binary(max_size=3)), max_size=60).map(b"".join))
LINE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200)


def clean(value: str) -> bool:
    return "\0" not in value and value.encode("utf-8").decode("utf-8") == value


@given(MAIL)
@example(b"Content-Type: message/rfc822\n\n" * 100)
@example(b"Date: 1 Jan 0001 00:00:00 +2359\n\n")
def test_any_bytes_have_a_digest(raw: bytes) -> None:
    taken = digest(raw)
    assert structure.decode(taken.parts) == structure.scan(raw)
    for value in (taken.subject, taken.sender, taken.recipients, taken.preview, taken.text or "", taken.message_id):
        assert clean(value)
    assert all(map(clean, taken.references))
    assert len(taken.preview) <= preview.LENGTH
    assert b"\0" not in taken.envelope + taken.bodystructure + taken.body


@given(MAIL)
def test_single_values_never_raise(value: bytes) -> None:
    assert clean(encoded_words.decode_text(value))
    assert all(clean(str(each)) for each in addresses.addresses(value))
    assert all(map(clean, conversation.message_ids(value)))
    utc(date(value))
    encoded_words.unbase64(value)
    _, found = parameters.parse(value)
    assert clean(parameters.text_of(found, b"filename"))


@given(MAIL)
def test_usual_addresses_are_read_as_by_the_grammar(value: bytes) -> None:
    whole = addresses._List(encoded_words.unfold(value)).read(addresses.MAX_ADDRESSES)
    assert addresses.entries(value) == whole


@given(MAIL)
def test_fields_lie_in_the_header_one_after_the_other(raw: bytes) -> None:
    header_end, body_start = headers.split(raw)
    assert raw[header_end:body_start] in (b"", b"\n", b"\r\n")
    found = headers.fields(raw)
    for field in found:
        assert 0 <= field.start < field.value_start <= field.end <= header_end
    for one, two in pairwise(found):
        assert one.end <= two.start


@given(MAIL)
def test_parts_nest_and_do_not_overlap(raw: bytes) -> None:
    root = structure.scan(raw)
    assert (root.header_start, root.body_end) == (0, len(raw))
    inside(root)


def inside(part: Part) -> None:
    assert part.header_start <= part.body_start <= part.body_end
    parts = (*part.children, *([part.message] if part.message else []))
    for child in parts:
        assert part.body_start <= child.header_start
        assert child.body_end <= part.body_end
        inside(child)
    for one, two in pairwise(part.children):
        assert one.body_end <= two.header_start
    if part.message:
        assert (part.message.header_start, part.message.body_end) == (part.body_start, part.body_end)
    if part.type == b"multipart":
        assert part.children


@given(MAIL)
def test_every_numbered_part_is_found(raw: bytes) -> None:
    numbered(structure.scan(raw), structure.scan(raw), "")


def numbered(root: Part, part: Part, prefix: str) -> None:
    if not part.children:
        assert structure.find(root, f"{prefix}1") == part
    for number, child in enumerate(part.children, start=1):
        assert structure.find(root, f"{prefix}{number}") == child
        if child.children:
            numbered(root, child, f"{prefix}{number}.")
        elif child.message:
            numbered(root, child.message, f"{prefix}{number}.")


@given(st.binary())
def test_imap_strings_are_read_back(value: bytes) -> None:
    written = imap_string.string(value)
    if written.startswith(b"{"):
        size, _, rest = written.partition(b"\r\n")
        assert size == b"{%d}" % len(value)
        assert rest == value.replace(b"\0", b"\x80")
    else:
        assert (
            written[1:-1].replace(b'\\"', b"\1").replace(b"\\\\", b"\\").replace(b"\1", b'"') == value or b"\1" in value
        )
        assert b"\r" not in written
        assert b"\n" not in written


@given(MAIL)
def test_completed_submission_has_what_it_needs(raw: bytes) -> None:
    now = datetime(2026, 11, 25, tzinfo=UTC)
    done = trace.complete_submission(raw, now=now, message_id_domain="example.com", unique="u")
    names = {field.name for field in headers.fields(done)}
    assert {b"date", b"message-id"} <= names
    assert not names & {b"bcc", b"return-path"}
    again = trace.complete_submission(done, now=now, message_id_domain="example.com", unique="v")
    assert again == done


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_html_has_text(page: str) -> None:
    assert "\0" not in html.to_text(page)


def test_a_byte_order_mark_in_front_is_no_part_of_the_text() -> None:
    assert encoded_words.decode_text(b"=?utf-8?B?77u/6YKu5Lu2?=") == "邮件"


UNMARKED = LINE.filter(lambda line: "\ufeff" not in line)


@given(UNMARKED, UNMARKED, st.text(st.characters(exclude_categories=["Cs"])), st.binary(), UNMARKED)
def test_what_is_composed_comes_back(subject: str, name: str, words: str, content: bytes, file: str) -> None:
    values = Composition(
        from_=Address(name, "a", "example.com"),
        date=datetime(2026, 11, 25, tzinfo=UTC),
        message_id="id@example.com",
        to=(Address(name, "b c", "example.test"), Address("", "d", "example.test")),
        subject=subject,
        text=words or "x",
        attachments=(Attachment(file, "application/x-thing", content),),
        references=("one@example.com", "two@example.com"),
    )
    raw = compose(values)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    taken = digest(raw)
    assert taken.subject.split() == subject.split()
    assert taken.sender.endswith("a@example.com>") or taken.sender == "a@example.com"
    assert taken.sender.removesuffix(" <a@example.com>").split() == (name.split() or ["a@example.com"])
    assert taken.references == values.references
    body, attached = (structure.find(structure.scan(raw), number) for number in ("1", "2"))
    assert body
    assert attached
    assert text.content(raw, attached) == content
    assert file_name(attached) == file.replace("\\", "/").rpartition("/")[2][:255].strip()
    assert text.content(raw, body).decode().split() == (words or "x").split()


@given(st.text(), st.text(), st.text())
def test_any_values_compose_or_are_refused(subject: str, local: str, file: str) -> None:
    values = Composition(
        from_=Address(subject, local, "example.com"),
        date=datetime(2026, 11, 25, tzinfo=UTC),
        message_id="id@example.com",
        subject=subject,
        attachments=(Attachment(file, "text/plain", b""),),
    )
    try:
        raw = compose(values)
    except ProtocolError:
        return
    assert [field.name for field in headers.fields(raw)] == [
        b"date", b"from", b"subject", b"message-id", b"user-agent", b"mime-version", b"content-type",
    ]  # fmt: skip
