"""Proofs: whose keys are kept, who is let in by them, and what strangers are shown."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from mailnode.directory import dialogue, edit, scram, throttle
from mailnode.directory.dialogue import Attempt
from mailnode.directory.login import Authenticator, LoggedIn
from mailnode.directory.models import LoginFailure
from mailnode.errors import BadCredentials, LoginThrottled, UserDisabled
from mailnode.offload import Offload
from mailnode.proto import sasl_scram
from mailnode.proto.sasl import SCRAM
from tests.support.scram import Client
from tests.support.store import Store

ANNA, PASSWORD, PEER = "anna@example.com", "correct horse", "192.0.2.7"


@pytest.fixture(scope="module")
def kept() -> edit.NewPassword:
    return edit.new_password(PASSWORD)


@pytest.fixture
def offload(store: Store, kept: edit.NewPassword) -> Iterator[Offload]:
    """Anna has keys; bert's hash came from elsewhere, without any."""
    with store.write() as tx:
        edit.create_domain(tx, "example.com", keys=())
        edit.create_user(tx, ANNA, password_hash=kept.hash, scram_keys=kept.scram_keys)
        edit.create_user(tx, "bert@example.com", password_hash=kept.hash)
    made = Offload(store.engine)
    yield made
    made.close()


def log_in(door: Authenticator, name: str = ANNA, password: str = PASSWORD, peer: str = PEER) -> LoggedIn:
    """By SCRAM, as a client does it; fails unless the server proves itself."""
    client = Client(name, password)
    said: list[bytes] = []

    async def ask(challenge: bytes) -> bytes:
        said.append(challenge)
        if len(said) == 1:
            return client.final(challenge)
        assert challenge == client.server_final(said[0])
        return b""

    return asyncio.run(dialogue.log_in(door, Attempt(SCRAM, client.first(), ask, peer, (SCRAM,))))


def salt(door: Authenticator, name: str) -> bytes:
    return asyncio.run(door.keys(name)).salt


def test_the_right_password(offload: Offload) -> None:
    assert log_in(Authenticator(offload), "Anna@EXAMPLE.com").address == ANNA


@pytest.mark.parametrize(("name", "password"), [(ANNA, "wrong"), ("nobody@example.com", PASSWORD), ("x", PASSWORD)])
def test_anything_else_is_refused_alike(offload: Offload, name: str, password: str) -> None:
    with pytest.raises(BadCredentials):
        log_in(Authenticator(offload), name, password)


def test_who_has_no_keys_gets_them_at_the_next_plain_login(offload: Offload) -> None:
    door = Authenticator(offload)
    before = salt(door, "bert@example.com")
    with pytest.raises(BadCredentials):
        log_in(door, "bert@example.com")
    door.check_now("bert@example.com", PASSWORD, PEER)
    assert log_in(door, "bert@example.com").address == "bert@example.com"
    assert salt(door, "bert@example.com") == before, "or strangers would see who has logged in"


def test_a_stranger_looks_like_a_user(offload: Offload) -> None:
    door, other = Authenticator(offload), Authenticator(offload)
    mine, strange = (asyncio.run(door.keys(name)) for name in (ANNA, "nobody@example.com"))
    assert (len(mine.salt), mine.iterations) == (len(strange.salt), strange.iterations)
    assert strange.salt == salt(other, "Nobody@example.com"), "the same in every process and for ever"
    assert strange.salt != salt(door, "somebody@example.com")


def test_a_new_password_ends_the_old_keys(offload: Offload) -> None:
    door = Authenticator(offload)
    offload.write_now(lambda tx: edit.set_password(tx, ANNA, "$argon2id$x"))
    with pytest.raises(BadCredentials):
        log_in(door)
    changed = edit.new_password("another one")
    offload.write_now(lambda tx: edit.set_password(tx, ANNA, changed.hash, changed.scram_keys))
    assert log_in(door, password="another one").address == ANNA


def test_a_password_that_is_changed_in_the_middle_of_the_dialogue(offload: Offload) -> None:
    door, client = Authenticator(offload), Client(ANNA, PASSWORD)

    async def ask(challenge: bytes) -> bytes:
        await offload.write(lambda tx: edit.set_password(tx, ANNA, "$argon2id$x"))
        return client.final(challenge)

    with pytest.raises(BadCredentials):
        asyncio.run(dialogue.log_in(door, Attempt(SCRAM, client.first(), ask, PEER, (SCRAM,))))


def test_a_disabled_user_is_refused(offload: Offload) -> None:
    offload.write_now(lambda tx: edit.set_user(tx, ANNA, disabled=True))
    with pytest.raises(UserDisabled):
        log_in(Authenticator(offload))


def test_failures_count_together_with_those_of_passwords(offload: Offload) -> None:
    door = Authenticator(offload)
    for number in range(throttle.BY_USER.failures // 2):
        with pytest.raises(BadCredentials):
            log_in(door, password="wrong", peer=f"192.0.2.{number}")
        with pytest.raises(BadCredentials):
            door.check_now(ANNA, "wrong", f"198.51.100.{number}")
    with pytest.raises(LoginThrottled):
        log_in(door)


def test_success_forgets_the_failures(offload: Offload) -> None:
    door = Authenticator(offload)
    with pytest.raises(BadCredentials):
        log_in(door, password="wrong")
    log_in(door)
    assert offload.read_now(lambda tx: tx.get(LoginFailure, throttle.keys(ANNA, PEER).by_user)) is None


def test_it_is_offered_once_everybody_can_use_it(offload: Offload) -> None:
    assert not Authenticator(offload).scram_ready
    Authenticator(offload).check_now("bert@example.com", PASSWORD, PEER)
    assert Authenticator(offload).scram_ready


def test_who_cannot_log_in_is_not_waited_for(offload: Offload) -> None:
    offload.write_now(lambda tx: edit.set_user(tx, "bert@example.com", disabled=True))
    assert Authenticator(offload).scram_ready


def test_the_same_password_typed_on_another_keyboard() -> None:
    keys = sasl_scram.read(scram.keys_of("I\u00adX\u3000and \u2168", b"salt"))
    assert keys == sasl_scram.derived(b"IX and IX", b"salt", scram.ITERATIONS)


@pytest.mark.parametrize("password", ["\ue000 private", "\u06271 mixed", "\U0001f600 new"])
def test_what_saslprep_refuses_is_taken_as_it_is(password: str) -> None:
    assert scram.prepare(password) == password.encode()


def test_the_iterations_are_enough() -> None:
    """RFC 7677 §4."""
    assert scram.ITERATIONS >= 4096
