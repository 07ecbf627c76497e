"""FETCH lines out of a real store, on both engines."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.imap import fetch_columns, fetch_rows, sections
from mailnode.imap.bodies import Bodies
from mailnode.imap.fetch_rows import Rendered
from mailnode.proto.imap.commands import Attribute, Fetch, Section
from mailnode.proto.imap.framing import Frame
from mailnode.proto.imap.parse import parse
from mailnode.store import heads, mailboxes, messages
from mailnode.store.flags import flags
from tests.support.imapd import mail
from tests.support.store import Store
from tests.unit.store.conftest import add_user


def filled(store: Store, count: int) -> tuple[int, int]:
    user_id = add_user(store)
    with store.write() as tx:
        for number in range(1, count + 1):
            chosen = flags("\\Seen", "$Work") if number % 2 else flags()
            messages.append(tx, user_id, "INBOX", mail(number), flags=chosen, internal_date=1_636_000_000 + number)
        return user_id, mailboxes.by_name(tx, user_id, "INBOX").id


def item_of(text: str) -> Section:
    command = parse(Frame(f"a FETCH 1 {text}".encode()))
    assert isinstance(command, Fetch)
    assert isinstance(command.items[0], Section)
    return command.items[0]


def test_lines_of_columns(store: Store) -> None:
    user_id, mailbox_id = filled(store, 3)
    plan = fetch_rows.plan([Attribute.UID, Attribute.FLAGS, Attribute.INTERNALDATE], recents=(3, 9))
    with store.read() as tx:
        done = fetch_rows.render(tx, Bodies(), user_id, mailbox_id, [(1, 9)], {1: 1, 2: 2, 3: 3}, plan)
    assert done.stopped_at is None
    assert done.words == {"", "$Work"}
    assert done.data == (
        b'* 1 FETCH (UID 1 FLAGS (\\Seen $Work) INTERNALDATE "04-Nov-2021 04:26:41 +0000")\r\n'
        b'* 2 FETCH (UID 2 FLAGS () INTERNALDATE "04-Nov-2021 04:26:42 +0000")\r\n'
        b'* 3 FETCH (UID 3 FLAGS (\\Seen $Work \\Recent) INTERNALDATE "04-Nov-2021 04:26:43 +0000")\r\n'
    )


def test_messages_without_a_number_are_passed_over(sqlite_store: Store) -> None:
    user_id, mailbox_id = filled(sqlite_store, 3)
    plan = fetch_rows.plan([Attribute.UID])
    with sqlite_store.read() as tx:
        done = fetch_rows.render(tx, Bodies(), user_id, mailbox_id, [(1, 9)], {1: 1, 3: 2}, plan)
        assert done.data == b"* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 3)\r\n"
        assert fetch_rows.render(tx, Bodies(), user_id, mailbox_id, [(1, 9)], {}, plan) == Rendered(b"")


@pytest.mark.parametrize(
    "text", ["BODY.PEEK[HEADER.FIELDS (From subject Date)]", "BODY.PEEK[HEADER.FIELDS (subject)]<3.9>"]
)
def test_fields_from_the_kept_head_are_those_of_the_body(sqlite_store: Store, text: str) -> None:
    user_id, mailbox_id = filled(sqlite_store, 1)
    item = item_of(text)
    kept = fetch_rows.plan([item])
    assert "head" in kept.columns
    with sqlite_store.read() as tx:
        data = fetch_rows.render(tx, Bodies(), user_id, mailbox_id, [(1, 1)], {1: 1}, kept).data
    expected = sections.pick_fields(mail(1), item)
    if item.partial:
        expected = expected[item.partial[0] : sum(item.partial)]
    assert data.endswith(b" {%d}\r\n%b)\r\n" % (len(expected), expected))


_LINES = [
    b"From: a\r\n",
    b"fRom \t: b\n",
    b"From-To: c\r\n",
    b"Subject: d\r\n",
    b"DATE:\r\n",
    b"X: From: e\r\n",
    b" f: g\r\n",
]


def picked(lines: list[bytes]) -> bytes:
    """The From and Date fields, as FETCH is to tell them."""
    wanted, found = False, b""
    for line in lines:
        if not line.startswith(b" "):
            wanted = line.split(b":")[0].strip().lower() in (b"from", b"date")
        found += line if wanted else b""
    return found


def literals(columns: fetch_columns.Columns) -> list[tuple[int, bytes]]:
    print_ = fetch_columns.fields_of_head(1, item_of("BODY.PEEK[HEADER.FIELDS (FROM date)]"))
    return [(size, data + blank) for size, data, blank in zip(*print_(columns), strict=True)]


@given(st.lists(st.lists(st.sampled_from(_LINES), max_size=8), min_size=1, max_size=4))
def test_wherever_the_wanted_fields_stand(heads: list[list[bytes]]) -> None:
    column = [b"".join(lines) for lines in heads]
    expected = [picked(lines) + b"\r\n" for lines in heads]
    found = literals([range(len(heads)), column])
    assert found == [(len(data), data) for data in expected]
    assert found == literals([range(len(heads)), b"".join(head + b"\n" for head in column)])


@given(st.lists(st.lists(st.sampled_from(_LINES), min_size=1, max_size=4), min_size=1, max_size=4), st.data())
def test_heads_that_have_not_ended_are_told_as_if_alone(heads: list[list[bytes]], data: st.DataObject) -> None:
    """RFC 9051 §6.4.5.1."""
    column = [b"".join(lines) for lines in heads]
    unended = data.draw(st.integers(0, len(heads) - 1))
    column[unended] = column[unended].rstrip(b"\r\n")
    expected = [picked(lines) + b"\r\n" for lines in heads]
    expected[unended] = picked([*heads[unended][:-1], heads[unended][-1].rstrip(b"\r\n") + b"\r\n"])
    assert literals([range(len(heads)), column]) == [(len(data), data) for data in expected]
    with pytest.raises(fetch_columns.Unended):
        literals([range(len(heads)), b"".join(head + b"\n" for head in column)])


@pytest.mark.parametrize(
    "text",
    [
        "BODY.PEEK[HEADER.FIELDS (Message-ID)]",
        "(UID BODY.PEEK[HEADER.FIELDS (Message-ID)])",
        "(BODY.PEEK[HEADER.FIELDS (Message-ID)] BODY.PEEK[TEXT])",
    ],
)
def test_long_headers_are_read_a_few_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """One message of a megabyte, copied a thousand times, must not be a gigabyte of memory."""
    monkeypatch.setattr(heads, "MOST", 100_000)
    monkeypatch.setattr(fetch_rows, "WORTH_COUNTING", 2)
    user_id, mailbox_id = filled(store, 4)
    with store.write() as tx:
        for number in range(20):
            messages.append(tx, user_id, "INBOX", b"Subject: %b\r\n" % (b"x" * 20_000) + mail(number))
    command = parse(Frame(f"a FETCH 1 {text}".encode()))
    assert isinstance(command, Fetch)
    plan = fetch_rows.plan(command.items)
    numbers = {uid: uid for uid in range(1, 25)}
    for ranges in ([(1, 24)], [(1, 3), (5, 7), (9, 24)]):
        found, at, steps = b"", 0, 0
        while at is not None:
            wanted = [(max(low, at + 1), high) for low, high in ranges if high > at]
            with store.read() as tx:
                done = fetch_rows.render(tx, Bodies(), user_id, mailbox_id, wanted, numbers, plan)
            found, at, steps = found + done.data, done.stopped_at, steps + 1
        assert re.findall(rb"^\* (\d+) FETCH", found, re.M) == [
            b"%d" % uid for low, high in ranges for uid in range(low, high + 1)
        ]
        assert 3 <= steps <= 8


@pytest.mark.parametrize("last", [b"Date: b\r\n\r\n", b"Date: b", b"\r\nSubject: of the body\r\n\r\n"])
@pytest.mark.parametrize("missing", [(), (7,)])
def test_joined_heads_are_told_as_one_by_one(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, last: bytes, missing: tuple[int, ...]
) -> None:
    """``missing``: not known to the client, so that the joined heads are not those that it is to be told."""
    user_id, mailbox_id = filled(sqlite_store, 20)
    with sqlite_store.write() as tx:
        messages.append(tx, user_id, "INBOX", last)
    plan = fetch_rows.plan([Attribute.UID, item_of("BODY.PEEK[HEADER.FIELDS (Date Subject)]")])
    numbers = {uid: at for at, uid in enumerate((uid for uid in range(1, 22) if uid not in missing), 1)}

    def lines(ranges: list[tuple[int, int]]) -> bytes:
        with sqlite_store.read() as tx:
            return fetch_rows.render(tx, Bodies(), user_id, mailbox_id, ranges, numbers, plan).data

    one_by_one = lines([(1, 21)])
    monkeypatch.setattr(fetch_rows, "WORTH_COUNTING", 1)
    assert lines([(1, 21)]) == lines([(1, 5), (6, 21)]) == one_by_one
    assert one_by_one.count(b" FETCH (") == len(numbers)


@pytest.mark.parametrize("raw", [b"To: b\r\nSubject: a\r\n", b"Subject: a", b"Subject: a\r\n\r\n", b"To: b\n"])
def test_the_kept_head_knows_whether_a_blank_line_follows(sqlite_store: Store, raw: bytes) -> None:
    """RFC 9051 §6.4.5.1."""
    user_id, mailbox_id = filled(sqlite_store, 0)
    item = item_of("BODY.PEEK[HEADER.FIELDS (Subject)]")
    with sqlite_store.write() as tx:
        messages.append(tx, user_id, "INBOX", raw)
    with sqlite_store.read() as tx:
        data = fetch_rows.render(tx, Bodies(), user_id, mailbox_id, [(1, 1)], {1: 1}, fetch_rows.plan([item])).data
    expected = sections.pick_fields(raw, item)
    assert data.endswith(b" {%d}\r\n%b)\r\n" % (len(expected), expected))


def test_no_literal_but_that_of_binary_holds_a_nul(sqlite_store: Store) -> None:
    """RFC 9051 §9, CHAR8; RFC 3516 §4.2."""
    user_id, mailbox_id = filled(sqlite_store, 0)
    plan = fetch_rows.plan([item_of("BODY.PEEK[]"), item_of("BINARY.PEEK[1]")])
    with sqlite_store.write() as tx:
        messages.append(tx, user_id, "INBOX", b"Subject: a\r\n\r\nb\0c")
    with sqlite_store.read() as tx:
        data = fetch_rows.render(tx, Bodies(), user_id, mailbox_id, [(1, 1)], {1: 1}, plan).data
    assert data == b"* 1 FETCH (BODY[] {17}\r\nSubject: a\r\n\r\nb\x80c BINARY[1] ~{3}\r\nb\0c)\r\n"


@pytest.mark.parametrize(("octets", "held"), [(100, 1), (320, 2)])
def test_a_step_of_bodies_stops_before_it_is_large(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, octets: int, held: int
) -> None:
    user_id, mailbox_id = filled(sqlite_store, 5)
    monkeypatch.setattr(fetch_rows, "STEP_OCTETS", octets)
    plan = fetch_rows.plan([Attribute.UID, item_of("BODY.PEEK[]")])
    numbers = {uid: uid for uid in range(1, 6)}
    with sqlite_store.read() as tx:
        done = fetch_rows.render(tx, Bodies(), user_id, mailbox_id, [(1, 5)], numbers, plan)
    assert done.stopped_at == held
    assert done.data.count(b" FETCH (UID ") == held


def test_a_percent_sign_in_a_field_name_is_no_format(sqlite_store: Store) -> None:
    user_id, mailbox_id = filled(sqlite_store, 1)
    plan = fetch_rows.plan([item_of('BODY.PEEK[HEADER.FIELDS (Subject "%d")]'), Attribute.UID])
    with sqlite_store.read() as tx:
        data = fetch_rows.render(tx, Bodies(), user_id, mailbox_id, [(1, 1)], {1: 1}, plan).data
    assert b'BODY[HEADER.FIELDS (Subject "%d")] {' in data


@pytest.mark.parametrize("missing", [(), (7,)])
def test_many_messages_with_the_same_flags_are_told_as_one_by_one(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, missing: tuple[int, ...]
) -> None:
    """``missing``: not known to the client, so that counting is of no use."""
    user_id, mailbox_id = filled(sqlite_store, 20)
    plan = fetch_rows.plan([Attribute.UID, Attribute.FLAGS], recents=(15, 99))
    numbers = {uid: at for at, uid in enumerate((uid for uid in range(1, 21) if uid not in missing), 1)}

    def lines() -> bytes:
        with sqlite_store.read() as tx:
            return fetch_rows.render(tx, Bodies(), user_id, mailbox_id, [(1, 20)], numbers, plan).data

    one_by_one = lines()
    monkeypatch.setattr(fetch_rows, "WORTH_COUNTING", 1)
    assert lines() == one_by_one
    assert one_by_one.count(b"\r\n") == len(numbers)
