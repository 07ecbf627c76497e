"""A Message-ID and a door's id stand in one row of a message: whoever looks it up by them still sees how it ended."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from mailnode.history import asking, finding, indexing
from mailnode.history.asking import Question
from mailnode.history.details import Act, Step, What
from mailnode.history.record import Story, record_many
from mailnode.history.viewing import ADMINISTRATOR, Viewer
from tests.support.store import Store
from tests.unit.history.test_finding import indexed, received

ANNA, BERT = 1, 2
Told = tuple[Story, list[Step]]


def sent(number: int) -> list[Told]:
    """A message to two: one bounces, the report arrives, the other one's host takes it."""
    queue_id, report = 10 * number, 10 * number + 1
    story = Story(What.SUBMITTED, "anna@a.test", f"t{number}", user_id=ANNA, message_id="one@a.test")
    tried = Story(What.ATTEMPTED, "anna@a.test", queue_id=queue_id, user_id=ANNA)
    return [
        (story, [Step(Act.QUEUED, one, queue_id=queue_id) for one in ("x@x.test", "y@y.test")]),
        (tried, [Step(Act.FAILED, "x@x.test"), Step(Act.SENT, "y@y.test")]),
        (tried._replace(what=What.REPORTED), [Step(Act.BOUNCED, "x@x.test", queue_id=report)]),
        (Story(What.DELIVERED, queue_id=report), [Step(Act.KEPT, "anna@a.test", ANNA, "INBOX")]),
    ]


def tell(store: Store, *told: Told) -> None:
    with store.write() as tx:
        record_many(tx, told)


def acts(store: Store, question: Question, viewer: Viewer = ADMINISTRATOR, limit: int = 100) -> list[list[str]]:
    with store.read() as tx:
        rows = asking.page(tx, viewer, question, limit=limit).rows
    return [[step.act.name for step in row.detail.steps] for row in rows]


ENDED = [["BOUNCED"], ["FAILED", "SENT"], ["QUEUED", "QUEUED"]]


@pytest.mark.parametrize("question", [Question(message_id="<one@a.test>"), Question(id="t1")])
def test_how_it_ended_comes_along(store: Store, question: Question) -> None:
    tell(store, *sent(1), received(1))
    assert acts(store, question) == ENDED
    indexed(store)
    assert acts(store, question) == ENDED
    assert acts(store, question, Viewer(ANNA)) == ENDED


def test_an_end_that_is_not_indexed_yet_comes_along(store: Store) -> None:
    first, *others = sent(1)
    tell(store, first)
    indexed(store)
    tell(store, *others)
    assert acts(store, Question(message_id="one@a.test")) == ENDED


def test_an_end_in_a_later_bucket_comes_along(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (finding, indexing):
        monkeypatch.setattr(module, "BUCKET", 8)
    refused = Story(What.REFUSED, "anna@a.test", "t1"), [Step(Act.REFUSED, "z@a.test")]
    first, *others = sent(1)
    tell(store, refused, *map(received, range(8)), first, *map(received, range(8, 40)), *others)
    indexed(store)
    assert acts(store, Question(message_id="one@a.test")) == [*ENDED, ["REFUSED"]]


def test_others_see_nothing_of_it(store: Store) -> None:
    tell(store, *sent(1))
    assert acts(store, Question(message_id="one@a.test"), Viewer(BERT)) == []


def test_what_was_released_from_quarantine_has_gone_on(store: Store) -> None:
    kept_back = Story(What.RECEIVED, "a@x.test", "t1", message_id="one@a.test")
    told = [
        (kept_back, [Step(Act.QUARANTINED, "bert@b.test", quarantine_id=3)]),
        (Story(What.HANDLED, "a@x.test"), [Step(Act.RELEASED, "bert@b.test", queue_id=8, quarantine_id=3)]),
        (Story(What.DELIVERED, "a@x.test", queue_id=8), [Step(Act.KEPT, "bert@b.test", BERT, "INBOX")]),
    ]
    tell(store, *told)
    assert acts(store, Question(message_id="one@a.test")) == [["KEPT"], ["RELEASED"], ["QUARANTINED"]]


def test_a_recipient_is_told_which_rows_are_of_one_message(store: Store) -> None:
    """The queue's number, which links them, is the sender's."""
    story = Story(What.SUBMITTED, "anna@a.test", user_id=ANNA, message_id="one@a.test")
    first = Step(Act.DEFERRED, "bert@b.test", BERT)
    then = Story(What.DELIVERED, "anna@a.test", queue_id=7, user_id=ANNA)
    tell(store, (story, [first, Step(Act.QUEUED, "bert@b.test", queue_id=7)]), received(1))
    tell(store, (then, [Step(Act.KEPT, "bert@b.test", BERT, "INBOX")]))
    with store.read() as tx:
        found = asking.page(tx, Viewer(BERT), Question())
    assert [(row.id, row.message, row.queue_id) for row in found.rows] == [(3, 1, 0), (2, 2, 0), (1, 1, 0)]


def test_pages_hold_so_many_messages_whatever_became_of_them(store: Store) -> None:
    tell(store, *sent(1), *sent(2), *sent(3))
    question = Question(message_id="one@a.test")
    with store.read() as tx:
        first = asking.page(tx, ADMINISTRATOR, question, limit=2)
        assert first.next is not None
        second = asking.page(tx, ADMINISTRATOR, question, limit=2, before=first.next)
    assert [sorted({row.message for row in page.rows}) for page in (first, second)] == [[5, 9], [1]]
    assert second.next is None


def test_a_page_takes_as_many_statements_for_many_messages_as_for_one(store: Store) -> None:
    def statements(message_id: str) -> int:
        count = 0

        def counted(*_: object) -> None:
            nonlocal count
            count += 1

        event.listen(store.engine, "before_cursor_execute", counted)
        assert acts(store, Question(message_id=message_id), limit=50)
        event.remove(store.engine, "before_cursor_execute", counted)
        return count

    tell(store, *(told for number in range(1, 13) for told in sent(number)))
    tell(store, *((story._replace(message_id=story.message_id and "two@a.test"), steps) for story, steps in sent(40)))
    indexed(store)
    assert statements("one@a.test") == statements("two@a.test")
