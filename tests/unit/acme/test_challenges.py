"""The shelf of proofs, on both engines."""

from __future__ import annotations

from datetime import timedelta

from mailnode.acme import challenges
from mailnode.database import utcnow
from tests.support.store import Store

PROOFS = {"token-1": "token-1.thumb", "token-2": "token-2.thumb"}


def answer(store: Store, token: str) -> str | None:
    with store.read() as tx:
        return challenges.answer(tx, token)


def test_what_is_put_there_is_found_until_it_is_withdrawn(store: Store) -> None:
    with store.write() as tx:
        challenges.put(tx, PROOFS, now=utcnow())
    assert answer(store, "token-2") == "token-2.thumb"
    assert answer(store, "token-3") is None
    with store.write() as tx:
        challenges.withdraw(tx, PROOFS)
    assert answer(store, "token-2") is None


def test_a_proof_put_there_twice_is_the_newer_one(store: Store) -> None:
    for word in ("old", "new"):
        with store.write() as tx:
            challenges.put(tx, {"token-1": word}, now=utcnow())
    assert answer(store, "token-1") == "new"


def test_what_nobody_has_withdrawn_is_not_shown_for_ever(store: Store) -> None:
    with store.write() as tx:
        challenges.put(tx, PROOFS, now=utcnow() - timedelta(hours=2))
    assert answer(store, "token-1") is None
    with store.write() as tx:
        challenges.put(tx, {"token-9": "x"}, now=utcnow())
        assert tx.query(challenges.AcmeChallenge).count() == 1
