"""Rows are found by whatever they are asked for, before and after another process has brought them into the index."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from mailnode.database import is_sqlite
from mailnode.findings import Action, Finding
from mailnode.history import finding, forgetting, indexing, keys
from mailnode.history.details import Act, Arrival, Step, What
from mailnode.history.record import Story, record, record_many
from tests.support.store import Store

CLIENT = Arrival("192.0.2.25", "mx.example.net", "mx.example.net", "TLSv1.3", "ESMTPS")
DAY = 86_400


def received(number: int) -> tuple[Story, list[Step]]:
    story = Story(
        What.RECEIVED,
        f"s{number % 5}@example.net",
        f"trace{number}",
        message_id=f"{number}@example.net",
        size=4096,
        arrival=CLIENT,
        findings=(Finding("spf", 0.5, "softfail"), Finding("list", 9.0, "listed", Action.JUNK)),
    )
    return story, [Step(Act.KEPT, f"u{number % 3}@example.com", number % 3 + 1, "INBOX")]


def refused(number: int) -> tuple[Story, list[Step]]:
    story = Story(What.REFUSED, f"s{number}@example.net", arrival=CLIENT)
    return story, [Step(Act.REFUSED, "u1@example.com", 2, status="5.7.1", text="No", rule="reject_it")]


def indexed(store: Store) -> None:
    with store.read() as tx:
        to = indexing.settled(tx)
    with store.write() as tx:
        while indexing.extend(tx, to):
            pass


@pytest.fixture
def filled(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Sixty rows in small buckets; the index has the first half."""
    for module in (finding, indexing, forgetting):
        monkeypatch.setattr(module, "BUCKET", 8)
    with store.write() as tx:
        record_many(tx, map(received, range(30)))
    indexed(store)
    with store.write() as tx:
        record_many(tx, map(received, range(30, 60)))
    return store


def traces(store: Store, key: bytes, *, before: int = finding.NEWEST, most: int = 100) -> list[str]:
    with store.read() as tx:
        return [row.trace for row in finding.find(tx, key, before=before, most=most)]


def test_by_the_senders_address(filled: Store) -> None:
    assert traces(filled, keys.address("S2@Example.NET")) == [f"trace{n}" for n in range(57, 0, -5)]


def test_by_the_recipients_address(filled: Store) -> None:
    assert traces(filled, keys.address("u1@example.com"), most=2) == ["trace58", "trace55"]


def test_by_message_id(filled: Store) -> None:
    assert traces(filled, keys.message_id("17@example.net")) == ["trace17"]


def test_by_the_doors_id(filled: Store) -> None:
    assert traces(filled, keys.trace("trace31")) == ["trace31"]


def test_by_user(filled: Store) -> None:
    assert len(traces(filled, keys.user(3))) == 20


def test_pages_follow_each_other(filled: Store) -> None:
    key, seen, before = keys.address("u0@example.com"), [], finding.NEWEST
    with filled.read() as tx:
        while page := finding.find(tx, key, before=before, most=3):
            seen += [row.trace for row in page]
            before = page[-1].id
    assert seen == [f"trace{n}" for n in range(57, -1, -3)]


def test_a_row_reads_as_it_was_written(store: Store) -> None:
    story, steps = received(1)
    with store.write() as tx:
        record(tx, story, steps)
    with store.read() as tx:
        (row,) = finding.everything(tx)
    detail = row.detail
    assert (detail.arrival, detail.findings, list(detail.steps)) == (CLIENT, story.findings, steps)
    assert (row.what, row.sender, detail.message_id, detail.size) == (
        What.RECEIVED,
        story.sender,
        story.message_id,
        story.size,
    )


def test_text_of_any_kind_is_kept(store: Store) -> None:
    step = Step(Act.REFUSED, "\x00\udc80@example.com", text="\x00 \udfff 你好")
    with store.write() as tx:
        record(tx, Story(What.REFUSED, "\x00\udc80", message_id="\x00"), [step])
    with store.read() as tx:
        (row,) = finding.everything(tx)
    assert row.detail.steps[0].text == "\x00 ? 你好"


def test_the_whole_way_of_a_message(store: Store) -> None:
    """From port 25 through an alias into the queue, to another host and back as a report: each has another id."""
    told = [
        (
            Story(What.RECEIVED, "a@x.test", "t1"),
            [Step(Act.FORWARDED, "list@example.com", target="b@y.test", queue_id=5)],
        ),
        (Story(What.RECEIVED, "a@x.test", "t2"), [Step(Act.KEPT, "u@example.com", 1, "INBOX")]),
        (Story(What.ATTEMPTED, "a@x.test", queue_id=5), [Step(Act.FAILED, "b@y.test", status="5.1.1")]),
        (Story(What.REPORTED, "a@x.test", queue_id=5), [Step(Act.BOUNCED, "b@y.test", queue_id=6)]),
        (Story(What.ATTEMPTED, "", queue_id=6), [Step(Act.SENT, "a@x.test")]),
    ]
    with store.write() as tx:
        record_many(tx, told)
    with store.read() as tx:
        last = finding.everything(tx)[0]
        assert [row.what for row in finding.story(tx, last)] == [1, 5, 6, 5]


def test_refusals_are_found_by_themselves(store: Store) -> None:
    with store.write() as tx:
        record_many(tx, [received(1), refused(1), received(4), refused(2)])
    for _ in ("late", "indexed"):
        with store.read() as tx:
            assert [row.id for row in finding.find(tx, keys.refused())] == [4, 2]
            assert [row.id for row in finding.find(tx, keys.refused(keys.user(2)))] == [4, 2]
            assert [row.id for row in finding.find(tx, keys.user(2))] == [4, 3, 2, 1]
        indexed(store)


def test_buckets_go_with_their_rows_but_the_newest_stays(filled: Store) -> None:
    with filled.write() as tx:
        tx.execute(text("UPDATE history SET at = 1 WHERE id <= 29"))
        assert forgetting.prune(tx, finding.everything(tx)[0].at, days=30, refused_days=14) == 29
        assert tx.execute(text("SELECT id, indexed FROM history_bucket")).all() == [(3, 30)]
        assert tx.execute(text("SELECT DISTINCT row_id FROM history_key")).all() == [(30,)]
    assert traces(filled, keys.user(3)) == [f"trace{n}" for n in range(59, 28, -3)]


def aged(store: Store, row_id: int, days: int) -> None:
    with store.write() as tx:
        tx.execute(text("UPDATE history SET at = at - :age WHERE id = :id"), {"age": days * DAY, "id": row_id})


def test_what_is_old_is_forgotten_and_refusals_sooner(store: Store) -> None:
    with store.write() as tx:
        record_many(tx, [received(1), refused(1), received(4), refused(2), received(7)])
    indexed(store)
    for row_id, days in ((1, 31), (2, 20), (3, 20), (4, 1)):
        aged(store, row_id, days)
    with store.write() as tx:
        now = finding.everything(tx)[0].at
        assert forgetting.prune(tx, now, days=30, refused_days=14) == 1
        assert forgetting.prune(tx, now, days=30, refused_days=14) == 1
        assert forgetting.prune(tx, now, days=30, refused_days=14) == 0
        assert [row.id for row in finding.everything(tx)] == [5, 4, 3]
        assert finding.ids(tx, keys.user(2)) == [5, 4, 3]


def test_nothing_is_indexed_twice_or_left_out_after_all_was_forgotten(store: Store) -> None:
    with store.write() as tx:
        record_many(tx, [received(1), received(4)])
    indexed(store)
    with store.write() as tx:
        assert forgetting.prune(tx, 1 << 40, days=30, refused_days=14) == 2
        record(tx, *received(7))
        assert finding.ids(tx, keys.user(2)) == [3]
    indexed(store)
    assert traces(store, keys.user(2)) == ["trace7"]


def test_a_look_up_asks_the_index_once_for_each_bucket(store: Store) -> None:
    values = {"bucket": 9, "hash": 1, "before": 1 << 40, "most": 100}
    with store.read() as tx:
        if is_sqlite(tx):
            plan = tx.execute(text("EXPLAIN QUERY PLAN " + finding.INDEXED_SQLITE.text), values).all()
            words = " ".join(row[3] for row in plan)
            assert "SEARCH k USING PRIMARY KEY (bucket=? AND hash=? AND row_id<?)" in words
            assert "TEMP B-TREE" not in words
        else:
            tx.execute(text("SET LOCAL enable_seqscan = off"))
            plan = tx.execute(text("EXPLAIN " + finding.INDEXED_POSTGRES.text), values).all()
            words = " ".join(row[0] for row in plan)
            assert "Index Only Scan Backward using pk_history_key" in words
            assert "((bucket = b.id) AND (hash = '1'::" in words


def test_a_look_up_of_many_keys_asks_the_index_for_each_bucket(store: Store) -> None:
    statement = finding.ANY_SQLITE if store.engine.dialect.name == "sqlite" else finding.ANY_POSTGRES
    asked = statement.text.replace(":hashes", "(1, 2)")
    with store.read() as tx:
        if is_sqlite(tx):
            plan = tx.execute(text(f"EXPLAIN QUERY PLAN {asked}"), {"first": 3, "most": 100}).all()
            assert "SEARCH k USING PRIMARY KEY (bucket=? AND hash=?)" in " ".join(row[3] for row in plan)
        else:
            tx.execute(text("SET LOCAL enable_seqscan = off"))
            plan = tx.execute(text(f"EXPLAIN {asked}"), {"first": 3, "most": 100}).all()
            words = " ".join(row[0] for row in plan)
            assert "Index Only Scan using pk_history_key" in words
            assert "((bucket = b.id) AND (hash = ANY (" in words
