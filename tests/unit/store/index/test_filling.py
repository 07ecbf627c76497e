"""The index says what a look into every message says, whatever is indexed and whatever has gone."""

from __future__ import annotations

import random
import re
from email.message import EmailMessage

import pytest
from sqlalchemy import update

from mailnode.message import structure
from mailnode.message.casemap import casemap
from mailnode.message.digest import digest
from mailnode.message.headers import decode_text
from mailnode.message.text import search_text
from mailnode.store import entries, mailboxes, messages, search
from mailnode.store import query as q
from mailnode.store.index import catalogue, filling
from mailnode.store.models import SearchBlock
from tests.support.store import Store
from tests.unit.store.conftest import add_user
from tests.unit.store.mail import mail

WORDS = (
    "report", "Report", "re", "port", "Straße", "naïve", "Öl", "zoo-keeper", "a.b@c.example", "x" * 70, "12345",
    "今天", "天气", "今天天气很好", "好", "公园。", "かな漢字", "한국어", "ﬁne", "Σίσυφος", "50%", "__init__",
    "\u00a0", "É",
)  # fmt: skip
RANDOM_LETTERS = "abAB01 -.天气好ÖÉß"
SEEDS = (1, 2, 3)


def letter(chance: random.Random) -> bytes:
    """A message of random words in several languages and encodings."""
    made = EmailMessage()
    made["From"] = f"{chance.choice(WORDS[:6])} <{chance.choice('abc')}@example.com>"
    made["X-Mark"] = chance.choice(WORDS[:19]).replace("\u00a0", " ")
    made["To"] = chance.choice(
        ("Bob (at home) <b@example.com>", "Bob <b(x)@(y) example.com>", '"b\\ob (z)" <b@example.com>')
    )
    made["Subject"] = " ".join(chance.choices(WORDS[:19], k=4)).replace("\u00a0", " ")
    text = " ".join(chance.choices(WORDS, k=chance.randrange(12)))
    made.set_content(text + "".join(chance.choices(RANDOM_LETTERS, k=20)), cte=chance.choice(["base64", "8bit"]))
    return made.as_bytes()


def needles(chance: random.Random, raws: list[bytes]) -> list[str]:
    """Pieces of what is there, most of them short, and what may not be there."""
    found = ["zzz", "天", "气", "a", "1", "%", "\r\n", "", "很好公"]
    for _ in range(30):
        text = decode_text(chance.choice(raws)) if chance.random() < 0.2 else search_text_of(chance.choice(raws))
        start = chance.randrange(len(text) + 1)
        found.append(text[start : start + chance.choice((1, 2, 3, 4, 7, 15, 40))])
    found += ["".join(chance.choices(RANDOM_LETTERS, k=chance.randrange(1, 4))) for _ in range(20)]
    return found


def search_text_of(raw: bytes) -> str:
    return search_text(raw, structure.scan(raw))


def looked(raw: bytes, prefix: bytes, needle: str, *, body_only: bool) -> bool:
    """Whether a message has the text, found out without the store."""
    made = digest(raw)
    header = re.sub(rb"\r?\n(?=[ \t])", b"", prefix + raw[: made.header_size])
    text = search_text_of(raw)
    fields = [text] if body_only else [text, "\n".join(map(decode_text, header.split(b"\n")))]
    return any(casemap(needle) in casemap(field) for field in fields)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_index_answers_as_a_look_into_everything_does(store: Store, user_id: int, seed: int) -> None:
    chance = random.Random(seed)
    raws: dict[int, bytes] = {}
    prefix = b"Return-Path: <sender@example.net>\r\nDelivered-To: one@example.com\r\n"
    with store.write() as tx:
        inbox = mailboxes.by_name(tx, user_id, "INBOX").id
    for step in range(4):  # indexed in three segments, of which the last takes in others; the last quarter is not
        with store.write() as tx:
            for _ in range(15):
                raw = letter(chance)
                raws[messages.append(tx, user_id, inbox, raw, prefix=prefix).uid] = raw
        with store.write() as tx:
            if step < 3:
                filling.fill_now(tx, user_id, least=1 + 12 * (step % 2))
            gone = chance.sample(sorted(raws), 3)
            entries.expunge(tx, user_id, inbox, [(uid, uid) for uid in sorted(gone)], only_deleted=False)
            for uid in gone:
                del raws[uid]
    with store.read() as tx:
        for needle in needles(chance, [*raws.values()]):
            for body_only, key in ((True, q.BodyText(needle)), (False, q.AnyText(needle))):
                wanted = [uid for uid in sorted(raws) if looked(raws[uid], prefix, needle, body_only=body_only)]
                assert search.find(tx, user_id, inbox, key) == wanted, (needle, body_only)
                others = [uid for uid in sorted(raws) if uid not in wanted]
                assert search.find(tx, user_id, inbox, q.Not(key)) == others, (needle, body_only)


@pytest.mark.parametrize("seed", SEEDS)
def test_fields_are_found_by_the_index_as_without_it(
    store: Store, user_id: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    raws = [letter(chance) for _ in range(40)]
    with store.write() as tx:
        for raw in raws[:30]:
            messages.append(tx, user_id, "INBOX", raw)
        filling.fill_now(tx, user_id)
        for raw in raws[30:]:
            messages.append(tx, user_id, "INBOX", raw)
        inbox = mailboxes.by_name(tx, user_id, "INBOX").id
    sought = ["", "bob", "b@example.com", "at home", "bob (", *needles(chance, raws)[::2]]
    keys = [q.Header(name, text) for text in sought for name in ("subject", "from", "to", "x-mark", "x-none")]
    with store.read() as tx:
        indexed = [search.find(tx, user_id, inbox, key) for key in keys]
        monkeypatch.setattr(catalogue, "ask_header", lambda *asked: None)
        for key, found in zip(keys, indexed, strict=True):
            assert search.find(tx, user_id, inbox, key) == found, key


def test_several_keys_together(store: Store, user_id: int) -> None:
    with store.write() as tx:
        for number in range(1, 9):
            text = " ".join(word for bit, word in enumerate(("one", "two", "three")) if number & 1 << bit)
            messages.append(tx, user_id, "INBOX", mail(number, text=text))
        filling.fill_now(tx, user_id)
        messages.append(tx, user_id, "INBOX", mail(9, text="two three"))
        inbox = mailboxes.by_name(tx, user_id, "INBOX").id
    one, two, three = q.BodyText("one"), q.BodyText("two"), q.BodyText("three")
    with store.read() as tx:
        assert search.find(tx, user_id, inbox, q.And((two, three))) == [6, 7, 9]
        assert search.find(tx, user_id, inbox, q.Or((one, three))) == [1, 3, 4, 5, 6, 7, 9]
        assert search.find(tx, user_id, inbox, q.And((q.Not(one), q.AnyText("two three")))) == [6, 9]
        assert search.find(tx, user_id, inbox, q.And((one, q.Header("subject", "message 3")))) == [3]


def test_nobody_finds_another_users_mail(store: Store, user_id: int) -> None:
    other = add_user(store, "other")
    with store.write() as tx:
        for owner in (user_id, other, user_id):
            messages.append(tx, owner, "INBOX", mail(1, text=f"secret of {owner}"))
            filling.fill_now(tx, owner)
    with store.read() as tx:
        assert catalogue.ask(tx, other, "SECRET", body_only=True) is not None
        inbox = mailboxes.by_name(tx, other, "INBOX").id
        assert search.find(tx, other, inbox, q.BodyText("secret")) == [1]
        assert search.find(tx, other, inbox, q.BodyText(f"secret of {user_id}")) == []


def test_a_few_new_messages_are_left_to_searches(store: Store, user_id: int) -> None:
    with store.write() as tx:
        for number in range(filling.LEAST - 1):
            messages.append(tx, user_id, "INBOX", mail(number))
        assert filling.behind(tx, user_id) is None
        messages.append(tx, user_id, "INBOX", mail(1000))
        assert filling.behind(tx, user_id) is not None


def test_a_few_large_ones_are_not(store: Store, user_id: int) -> None:
    with store.write() as tx:
        messages.append(tx, user_id, "INBOX", mail(1, text="word " * (filling.LARGE // 5)))
        assert filling.behind(tx, user_id) is not None


def test_segments_grow_with_what_comes(store: Store, user_id: int) -> None:
    with store.write() as tx:
        for number in range(1, 41):
            messages.append(tx, user_id, "INBOX", mail(number))
            if number % 5 == 0:
                filling.fill_now(tx, user_id, least=5)
        kept = catalogue.segments(tx, user_id)
    assert [one.messages for one in kept] == [40]


def test_expunged_messages_leave_the_index(store: Store, user_id: int) -> None:
    with store.write() as tx:
        for number in range(1, 17):
            messages.append(tx, user_id, "INBOX", mail(number, text=f"word{number:02d}"))
        filling.fill_now(tx, user_id)
        inbox = mailboxes.by_name(tx, user_id, "INBOX").id
        entries.expunge(tx, user_id, inbox, [(3, 12)], only_deleted=False)
        tx.connection().exec_driver_sql("DELETE FROM message WHERE copies = 0")  # nothing restores them any more
        filling.fill_now(tx, user_id)
        (kept,) = catalogue.segments(tx, user_id)
        assert kept.messages == 6
        answer = catalogue.ask(tx, user_id, "WORD", body_only=True)
        assert answer is not None
        assert len(answer.sure) == 6
        vocabulary = catalogue.reader(tx, user_id, kept, catalogue.FieldName.BODY).vocabulary
        assert b"WORD05" not in vocabulary


def test_an_emptied_mailbox_leaves_no_index(store: Store, user_id: int) -> None:
    with store.write() as tx:
        messages.append(tx, user_id, "INBOX", mail(1))
        filling.fill_now(tx, user_id)
        inbox = mailboxes.by_name(tx, user_id, "INBOX").id
        entries.expunge(tx, user_id, inbox, only_deleted=False)
        tx.connection().exec_driver_sql("DELETE FROM message WHERE copies = 0")
        filling.fill_now(tx, user_id)
        assert catalogue.segments(tx, user_id) == []


def test_a_damaged_index_hides_nothing(store: Store, user_id: int) -> None:
    with store.write() as tx:
        messages.append(tx, user_id, "INBOX", mail(1))
        filling.fill_now(tx, user_id)
        tx.connection().execute(update(SearchBlock).values(data=b"nonsense"))
        inbox = mailboxes.by_name(tx, user_id, "INBOX").id
        for key in (q.BodyText("hello"), q.Header("subject", "message"), q.Fuzzy(q.BodyText("helo"))):
            assert search.find(tx, user_id, inbox, key) == [1]


def test_of_two_workers_the_second_ones_segment_is_dropped(store: Store, user_id: int) -> None:
    with store.write() as tx:
        messages.append(tx, user_id, "INBOX", mail(1))
        plan = filling.behind(tx, user_id, least=1)
        assert plan is not None
        filling.fill_now(tx, user_id)
        builder = filling.Builder()
        filling.gather(builder, filling.read(tx, plan, 0))
        assert not filling.keep(tx, plan, builder.finish(), builder.last_id)
        assert len(catalogue.segments(tx, user_id)) == 1


def test_large_texts_are_read_a_few_at_a_time(store: Store, user_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "TOGETHER", 200)
    with store.write() as tx:
        for number in range(5):
            messages.append(tx, user_id, "INBOX", mail(number))
        plan = filling.behind(tx, user_id, least=1)
        assert plan is not None
        first = filling.read(tx, plan, 0)
        assert 0 < len(first) < 5
        filling.fill_now(tx, user_id)
        assert catalogue.segments(tx, user_id)[0].messages == 5
