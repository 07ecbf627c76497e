"""Complaints about our users' mail are kept, counted and acted on; strangers' inventions are not."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mailnode.delivery import deliver
from mailnode.delivery.deliver import Mail
from mailnode.directory import edit
from mailnode.errors import Suppressed
from mailnode.outbound import complaints, feedback_id, suppression
from mailnode.queue.envelope import Recipient
from mailnode.queue.models import QueueRecipient
from mailnode.queue.outcome import Delivered
from tests.support.store import Store
from tests.unit.message.test_feedback import FIELDS, ORIGINAL, report
from tests.unit.outbound.sending import AT, NOW, people, send

SENT = b"From: ann@example.com\r\nMessage-ID: <one@example.com>\r\n\r\nHello\r\n"


def proved(store: Store, fields: str = FIELDS, recipient: str = "far@provider.example") -> bytes:
    """A complaint with the original as it was sent to this one recipient."""
    with store.write() as tx:
        key = feedback_id.key_of(tx)
    sent = feedback_id.fields(key, ORIGINAL.encode(), recipient, "example.com").decode()
    return report(fields, sent + ORIGINAL)


def written(store: Store) -> dict[str, int]:
    """Ann has written to somebody far away, who may complain."""
    ids = people(store)
    with store.write() as tx:
        send(tx, store, ids["ann"], ["far@provider.example"], raw=SENT)
    return ids


def test_a_complaint_is_kept_counted_and_ends_the_writing(store: Store) -> None:
    ids, complaint = written(store), proved(store)
    with store.write() as tx:
        assert complaints.take_in(tx, 1, complaint, NOW)
        assert complaints.take_in(tx, 1, report(FIELDS.replace("abuse", "not-spam")), NOW)
        [second, first] = complaints.rows(tx)
        assert (first.user, first.recipient, first.subject) == ("ann@example.com", "far@provider.example", "你好")
        assert complaints.rows(tx, before=second.id) == [first]
        assert complaints.counts(tx, AT - 1) == [("ann@example.com", 1)]
        assert complaints.rows(tx, domains=["other.example"]) == []
    with store.write() as tx, pytest.raises(Suppressed, match="unwanted"):
        send(tx, store, ids["ann"], ["far@provider.example"])


def test_the_feedback_address_takes_complaints_and_keeps_no_mail(store: Store) -> None:
    written(store)
    with store.write() as tx:
        ending = deliver.accept(tx, Mail.of("x@provider.example", report()), [Recipient("FBL@example.com")], NOW)
        assert isinstance(ending, Delivered)
        assert [one.user for one in complaints.rows(tx)] == ["ann@example.com"]
        assert tx.scalars(select(QueueRecipient.address)).all() == ["far@provider.example"]


@pytest.mark.parametrize("id_", ["<two@example.com>", "<one@far.example>", ""])
def test_what_is_not_about_our_mail_is_not_kept(store: Store, id_: str) -> None:
    written(store)
    with store.write() as tx:
        assert not complaints.take_in(tx, 1, report(original=ORIGINAL.replace("<one@example.com>", id_)), NOW)
        assert not complaints.take_in(tx, 1, b"Subject: hello\r\n\r\nBuy this\r\n", NOW)
        assert complaints.rows(tx) == []
        assert suppression.rows(tx, AT) == []


def test_another_domains_mail_is_none_of_ours(store: Store) -> None:
    written(store)
    with store.write() as tx:
        other = edit.create_domain(tx, "other.example", keys=()).id
        assert not complaints.take_in(tx, other, report(), NOW)


@pytest.mark.parametrize("known_to", ["", "other@provider.example"], ids=["the author", "another recipient"])
def test_whoever_knows_the_message_keeps_nobody_from_writing_to_another(store: Store, known_to: str) -> None:
    written(store)
    complaint = proved(store, recipient=known_to) if known_to else report()
    with store.write() as tx:
        assert complaints.take_in(tx, 1, complaint, NOW)
        assert len(complaints.rows(tx)) == 1
        assert suppression.rows(tx, AT) == []


def test_blanks_and_capitals_in_the_proof_do_no_harm(store: Store) -> None:
    written(store)
    complaint = proved(store)
    proof = complaint.partition(b"CFBL-Feedback-ID: ")[2].partition(b"\r\n")[0]
    with store.write() as tx:
        assert complaints.take_in(tx, 1, complaint.replace(proof, proof[:5].upper() + b"\r\n " + proof[5:]), NOW)
        assert [one.address for one in suppression.rows(tx, AT)] == ["far@provider.example"]


def test_nobody_complains_in_the_name_of_who_did_not_get_the_message(store: Store) -> None:
    written(store)
    complaint = proved(store, FIELDS.replace("far@provider", "victim@elsewhere"), "victim@elsewhere.example")
    with store.write() as tx:
        assert complaints.take_in(tx, 1, complaint, NOW)
        assert suppression.rows(tx, AT) == []


def test_a_complaint_holds_whatever_octets_it_likes(store: Store) -> None:
    written(store)
    fields = FIELDS.replace("mail.provider", "mail\0.provider").replace("192.0.2.1", "192\0")
    with store.write() as tx:
        assert complaints.take_in(tx, 1, report(fields), NOW)


def test_old_complaints_are_forgotten(store: Store) -> None:
    written(store)
    with store.write() as tx:
        complaints.take_in(tx, 1, report(), NOW)
        complaints.sweep(tx, AT + complaints.KEPT)
        assert complaints.rows(tx) == []
