"""Search finds exactly what is there, in any script, wherever SQL ends and memory begins."""

from __future__ import annotations

import pytest

from mailnode.store import mailboxes, messages, search
from mailnode.store import query as q
from mailnode.store.flags import FLAGGED, SEEN, Flags
from tests.support.store import Store
from tests.unit.store.mail import mail

MAILS = (
    (mail(1, text="今天天气很好，我们去公园吧。", subject="=?utf-8?b?5rWL6K+V?= plan"), Flags(SEEN, "work")),
    (mail(2, text="Straße und Öl", subject="Quarterly REPORT"), Flags(FLAGGED)),
    (mail(3, text="nothing to see\r\nreport inside", subject="Lunch"), Flags()),
    (
        b"From: =?gb2312?B?zfW2/g==?= <wang@example.com>\r\nTo: Bob <bob@example.net>\r\nCc: carol@example.org\r\n"
        b"Subject: 50% off_all\r\nX-Folded: one\r\n two\r\n\r\nplain\r\n",
        Flags(SEEN | FLAGGED),
    ),
)


@pytest.fixture
def inbox(store: Store, user_id: int) -> tuple[int, int]:
    with store.write() as tx:
        for number, (raw, flags) in enumerate(MAILS):
            messages.append(tx, user_id, "INBOX", raw, flags=flags, internal_date=1000 * (number + 1))
        return user_id, mailboxes.by_name(tx, user_id, "INBOX").id


CASES = [
    (q.All(), [1, 2, 3, 4]),
    (q.HasFlag(SEEN), [1, 4]),
    (q.Not(q.HasFlag(SEEN)), [2, 3]),
    (q.HasKeyword("WORK"), [1]),
    (q.HasKeyword("wor"), []),
    (q.And((q.HasFlag(FLAGGED), q.Not(q.HasFlag(SEEN)))), [2]),
    (q.Or((q.HasKeyword("work"), q.Uids(((3, 3),)))), [1, 3]),
    (q.Uids(tuple((uid, uid) for uid in range(1, 9_000, 2))), [1, 3]),
    (q.Not(q.Uids(tuple((uid, uid) for uid in range(1, 9_000, 2)))), [2, 4]),
    (q.And((q.All(),) * 400), [1, 2, 3, 4]),
    (q.Received(2000, 4000), [2, 3]),
    (q.Sent(None, None), [1, 2, 3]),
    (q.Not(q.Sent(None, None)), [4]),
    (q.Larger(10_000), []),
    (q.Smaller(10_000), [1, 2, 3, 4]),
    (q.HasAttachment(), []),
    (q.Header("subject", "report"), [2]),
    (q.Header("subject", "测试"), [1]),
    (q.Header("subject", "试 PLAN"), [1]),
    (q.Header("subject", "50% off_"), [4]),
    (q.Header("subject", "50x"), []),
    (q.Header("from", "ann@EXAMPLE"), [1, 2, 3]),
    (q.Header("from", "王二"), [4]),
    (q.Header("to", "bob"), [4]),
    (q.Header("to", "carol"), []),
    (q.Header("cc", "carol"), [4]),
    (q.Header("x-folded", "one two"), [4]),
    (q.Header("x-folded", ""), [4]),
    (q.Header("x-missing", ""), []),
    (q.BodyText("天气"), [1]),
    (q.BodyText("天"), [1]),
    (q.BodyText("STRAßE"), [2]),
    (q.BodyText("strasse"), []),  # i;unicode-casemap: RFC 5051 §2
    (q.BodyText("Ｏ\u0308Ｌ"), [2]),
    (q.BodyText("öl"), [2]),
    (q.BodyText("report"), [3]),
    (q.AnyText("report"), [2, 3]),
    (q.AnyText("测试"), [1]),
    (q.Not(q.AnyText("report")), [1, 4]),
    (q.And((q.AnyText("report"), q.HasFlag(FLAGGED))), [2]),
    (q.Or((q.BodyText("plain"), q.HasKeyword("work"))), [1, 4]),
    (q.Not(q.And((q.HasFlag(SEEN), q.BodyText("plain")))), [1, 2, 3]),
]


@pytest.mark.parametrize(("query", "wanted"), CASES, ids=lambda value: str(value)[:60])
def test_finds_exactly(store: Store, inbox: tuple[int, int], query: q.Query, wanted: list[int]) -> None:
    with store.read() as tx:
        assert search.find(tx, *inbox, query) == wanted


def test_newest_first_over_several_mailboxes(store: Store, inbox: tuple[int, int]) -> None:
    user_id, inbox_id = inbox
    with store.write() as tx:
        archive = mailboxes.by_name(tx, user_id, "Archive").id
        messages.append(tx, user_id, archive, mail(9, text="report"), internal_date=2500)
        found = search.find_in(tx, user_id, [inbox_id, archive], q.AnyText("report"), newest_first=True)
    assert found == [(inbox_id, 3), (archive, 1), (inbox_id, 2)]


def test_addresses_are_found_however_they_are_written(store: Store, user_id: int) -> None:
    """SQL narrows what memory then decides; nothing that memory would find may be lost before."""
    heads = (
        b"From: ann@example.com, Bob <bob@example.com>",
        b"From: <bob (at home)@ (his) example.com>",
        b"From: =?utf-8?q?bob=40example=2Ecom?= <x@example.net>",
        "From: bo\u0062@example.com, \u017fam <s@example.net>".encode(),
        b"From: a\\b@example.org\r\nTo: Bob: ;",
    )
    with store.write() as tx:
        for head in heads:
            messages.append(tx, user_id, "INBOX", head + b"\r\n\r\n", internal_date=1)
        inbox = mailboxes.by_name(tx, user_id, "INBOX").id
    with store.read() as tx:
        assert search.find(tx, user_id, inbox, q.Header("from", "BOB@example.com")) == [1, 2, 3, 4]
        assert search.find(tx, user_id, inbox, q.Header("from", "sam")) == [4]
        assert search.find(tx, user_id, inbox, q.Header("from", "at home")) == [2]
        assert search.find(tx, user_id, inbox, q.Header("from", "a\\b@")) == [5]
        assert search.find(tx, user_id, inbox, q.Header("to", "bob")) == [5]
