"""Nobody is shown what is another's: neither blind copies, nor mailboxes, rules and aliases of those one writes to."""

from __future__ import annotations

from mailnode.findings import Finding
from mailnode.history.details import Act, Arrival, Detail, Step, What
from mailnode.history.finding import Row
from mailnode.history.viewing import ADMINISTRATOR, Viewer, seen

ANNA, BERT, OTTO = 1, 2, 3
CLIENT = Arrival("192.0.2.25", "mx.example.net", "mx.example.net", "TLSv1.3", "ESMTPS", "anna@a.test")


def row(what: What, *steps: Step, user_id: int = 0, sender: str = "anna@a.test") -> Row:
    return Row(
        9, 0, what, "t1", 7, user_id, sender, Detail(steps, arrival=CLIENT, findings=(Finding("spf", 0, "pass"),))
    )


SENT = row(
    What.SUBMITTED,
    Step(Act.KEPT, "bert@b.test", BERT, "Work/Secret"),
    Step(Act.KEPT, "team@b.test", OTTO, "INBOX", target="otto@b.test"),
    Step(Act.FORWARDED, "team@b.test", target="far@c.test", queue_id=8),
    Step(Act.DEFERRED, "team@b.test", 5, target="full@b.test", status="4.2.2", text="full@b.test is full"),
    Step(Act.QUEUED, "carl@c.test", queue_id=7),
    user_id=ANNA,
)


def steps(viewer: Viewer, one: Row) -> list[tuple[str, ...]]:
    found = seen(viewer, one)
    return (
        []
        if found is None
        else [(step.act.name, *(str(part) for part in step[1:] if part)) for step in found.detail.steps]
    )


def test_the_sender_sees_that_it_arrived_and_no_more() -> None:
    assert steps(Viewer(ANNA), SENT) == [
        ("ARRIVED", "bert@b.test", "1"),
        ("ARRIVED", "team@b.test", "1"),
        ("DEFERRED", "team@b.test", "4.2.2", "1"),
        ("QUEUED", "carl@c.test", "7", "1"),
    ]


def test_a_recipient_sees_no_other_one() -> None:
    assert steps(Viewer(BERT), SENT) == [("KEPT", "bert@b.test", str(BERT), "Work/Secret", "1")]


def test_a_recipient_sees_not_how_the_sender_logged_in() -> None:
    found = seen(Viewer(BERT), SENT)
    assert found is not None
    assert not any(found.detail.arrival)
    received = seen(Viewer(BERT), row(What.RECEIVED, Step(Act.KEPT, "bert@b.test", BERT, "INBOX")))
    assert received is not None
    assert (received.detail.arrival.address, received.detail.arrival.user) == ("192.0.2.25", "")


def test_others_see_nothing() -> None:
    assert seen(Viewer(77), SENT) is None


def test_a_user_who_is_not_there_sees_nothing() -> None:
    assert seen(Viewer(0), row(What.RECEIVED, Step(Act.FAILED, "nobody@b.test"))) is None


def test_an_administrator_of_the_recipients_domain_sees_its_recipients() -> None:
    assert steps(Viewer(domains=frozenset({"b.test"})), SENT)[0] == (
        "KEPT",
        "bert@b.test",
        str(BERT),
        "Work/Secret",
        "1",
    )
    assert all("carl" not in " ".join(step) for step in steps(Viewer(domains=frozenset({"b.test"})), SENT))


def test_an_administrator_of_the_senders_domain_sees_what_the_sender_sees() -> None:
    assert steps(Viewer(domains=frozenset({"a.test"})), SENT) == steps(Viewer(ANNA), SENT)


def test_who_claims_to_be_the_sender_shows_nothing_to_the_senders_domain() -> None:
    """A stranger's envelope says anna@a.test: what it led to in another domain is no affair of a.test."""
    forged = row(What.RECEIVED, Step(Act.KEPT, "bert@b.test", BERT, "INBOX"))
    assert seen(Viewer(domains=frozenset({"a.test"})), forged) is None
    assert seen(Viewer(ANNA), forged) is None


def test_a_mailbox_of_another_domain_behind_an_alias_has_no_name() -> None:
    one = row(What.RECEIVED, Step(Act.KEPT, "all@a.test", BERT, "Work/Secret", target="bert@b.test"))
    assert steps(Viewer(domains=frozenset({"a.test"})), one) == [("KEPT", "all@a.test", "bert@b.test", "1")]


def test_a_system_administrator_sees_all() -> None:
    assert seen(ADMINISTRATOR, SENT) == SENT


def test_the_words_of_a_users_own_filter_are_for_the_user() -> None:
    one = row(What.RECEIVED, Step(Act.KEPT, "bert@b.test", BERT, "Junk", rule="own_filter", text="casino, prize"))
    assert steps(Viewer(BERT), one) == [("KEPT", "bert@b.test", "2", "Junk", "casino, prize", "own_filter", "1")]
    assert steps(Viewer(domains=frozenset({"b.test"})), one) == [
        ("KEPT", "bert@b.test", "2", "Junk", "own_filter", "1")
    ]
