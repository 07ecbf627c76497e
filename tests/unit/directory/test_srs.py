"""The sender of what is forwarded: made in our name, proved, and led back for three weeks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from mailnode.directory import edit, lookup, srs
from mailnode.directory.lookup import AliasTo, NoSuchUser
from tests.support.store import Store

TODAY = 20_000


@pytest.fixture
def tx(store: Store) -> Iterator[Session]:
    with store.write() as tx:
        edit.create_domain(tx, "ours.example")
        yield tx


def local(address: str) -> str:
    return address.rpartition("@")[0]


def test_a_bounce_goes_back_to_the_stranger(tx: Session) -> None:
    ours = srs.forwarded(tx, "Bounce+AbC@List.example", "ours.example")
    assert ours.endswith("=List.example=Bounce+AbC@ours.example")
    assert lookup.resolve(tx, ours) == AliasTo(("Bounce+AbC@List.example",), ours.lower())


def test_the_null_sender_stays(tx: Session) -> None:
    assert srs.forwarded(tx, "", "ours.example") == ""


def test_what_another_forwarder_rewrote_names_both(tx: Session) -> None:
    theirs = "SRS0=abcd=xy=far.example=ann@their.example"
    ours = srs.forwarded(tx, theirs, "ours.example")
    assert ours.startswith("SRS1=")
    assert srs.origin(tx, local(ours)) == theirs


def test_a_third_forwarder_leads_to_the_first_one(tx: Session) -> None:
    ours = srs.forwarded(tx, "SRS1=zz=first.example==abcd=xy=far.example=ann@second.example", "ours.example")
    assert srs.origin(tx, local(ours)) == "SRS0=abcd=xy=far.example=ann@first.example"


@pytest.mark.parametrize(("days", "known"), [(0, True), (srs.DAYS, True), (srs.DAYS + 1, False), (-1, False)])
def test_it_is_good_for_three_weeks(tx: Session, days: int, known: bool) -> None:
    ours = local(srs.forwarded(tx, "a@far.example", "ours.example", today=TODAY))
    assert (srs.origin(tx, ours, today=TODAY + days) == "a@far.example") is known


def test_a_proof_that_is_not_ours_leads_nowhere(tx: Session) -> None:
    ours = srs.forwarded(tx, "a@far.example", "ours.example")
    forged = ours.replace("far.example", "victim.example")
    assert isinstance(lookup.resolve(tx, forged), NoSuchUser)
    assert isinstance(lookup.resolve(tx, "SRS0@ours.example"), NoSuchUser)


def test_a_catch_all_takes_no_forged_bounce(tx: Session) -> None:
    edit.create_alias(tx, "*@ours.example", ["x@far.example"])
    assert isinstance(lookup.resolve(tx, "srs0=aaaaaa=aa=far.example=a@ours.example"), NoSuchUser)


@pytest.mark.parametrize("sender", ["a" * 60 + "@far.example", '"a b"@far.example'])
def test_what_would_be_no_address_stays(tx: Session, sender: str) -> None:
    assert srs.forwarded(tx, sender, "ours.example") == sender


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=80))
def test_any_local_part_is_looked_at(tx: Session, text: str) -> None:
    assert srs.origin(tx, "SRS0=" + text) is None
