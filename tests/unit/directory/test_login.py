"""Logging in: verification, memory, throttling; shared through the database."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest

from mailnode.directory import edit, login, passwords, throttle
from mailnode.directory.login import Authenticator
from mailnode.directory.models import LoginFailure
from mailnode.errors import BadCredentials, LoginThrottled, UserDisabled, WeakPassword
from mailnode.offload import Offload
from tests.support.store import Store

ANNA, PASSWORD, PEER = "anna@example.com", "correct horse", "192.0.2.7"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def anna_hash() -> str:
    return edit.new_password(PASSWORD).hash


@pytest.fixture
def offload(store: Store, anna_hash: str) -> Iterator[Offload]:
    with store.write() as tx:
        edit.create_domain(tx, "example.com", keys=())
        edit.create_user(tx, ANNA, password_hash=anna_hash, display_name="Anna", administrator=True)
    made = Offload(store.engine)
    yield made
    made.close()


def verifications(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that argon2 was really asked about, from now on."""
    asked: list[str] = []
    real = passwords.verify

    def counted(hash_: str | None, password: str) -> bool:
        asked.append(password)
        return real(hash_, password)

    monkeypatch.setattr(passwords, "verify", counted)
    return asked


def test_the_right_password(offload: Offload) -> None:
    found = asyncio.run(Authenticator(offload).check("Anna@EXAMPLE.com", PASSWORD, PEER))
    assert (found.address, found.display_name, found.administrator) == (ANNA, "Anna", True)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        (ANNA, "wrong"),
        (ANNA, ""),
        ("bert@example.com", PASSWORD),
        ("", ""),
        ("x\0y\ud800", "a\0b\ud800"),
        ("a" * 9999, "b"),
    ],
)
def test_anything_else_is_refused_alike(offload: Offload, name: str, password: str) -> None:
    with pytest.raises(BadCredentials):
        Authenticator(offload).check_now(name, password, PEER)


def test_the_same_password_typed_on_another_keyboard(offload: Offload) -> None:
    hash_ = edit.new_password("zo\u00eb and\u3000her").hash
    offload.write_now(lambda tx: edit.create_user(tx, "zoe@example.com", password_hash=hash_))
    Authenticator(offload).check_now("zoe@example.com", "zoe\u0308 and her", PEER)


def test_a_right_password_is_verified_once_in_a_while(offload: Offload, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = verifications(monkeypatch)
    door = Authenticator(offload)
    for _ in range(3):
        door.check_now(ANNA, PASSWORD, PEER)
    assert asked == [PASSWORD]


def test_a_changed_password_is_asked_about_at_once(offload: Offload) -> None:
    door = Authenticator(offload)
    door.check_now(ANNA, PASSWORD, PEER)
    changed = edit.new_password("another one").hash
    offload.write_now(lambda tx: edit.set_password(tx, ANNA, changed))
    with pytest.raises(BadCredentials):
        door.check_now(ANNA, PASSWORD, PEER)
    door.check_now(ANNA, "another one", PEER)


def test_a_disabled_user_is_refused_though_the_password_is_remembered(offload: Offload) -> None:
    offload.write_now(lambda tx: edit.set_user(tx, ANNA, administrator=True))
    offload.write_now(lambda tx: edit.create_user(tx, "b@example.com", password_hash="x", administrator=True))
    door = Authenticator(offload)
    door.check_now(ANNA, PASSWORD, PEER)
    offload.write_now(lambda tx: edit.set_user(tx, ANNA, disabled=True))
    with pytest.raises(UserDisabled):
        door.check_now(ANNA, PASSWORD, PEER)
    with pytest.raises(BadCredentials):  # who does not know the password is not told
        door.check_now(ANNA, "wrong", PEER)


def test_failures_of_one_user_are_throttled_in_every_process_until_they_leak(offload: Offload) -> None:
    clock = Clock()
    doors = [Authenticator(offload, clock=clock) for _ in range(2)]
    for number in range(throttle.BY_USER.failures):
        with pytest.raises(BadCredentials):
            doors[number % 2].check_now(ANNA, "wrong", f"192.0.2.{number}")
    with pytest.raises(LoginThrottled):
        doors[0].check_now(ANNA, PASSWORD, "198.51.100.1")
    clock.now += timedelta(seconds=throttle.BY_USER.leak + 1)
    doors[0].check_now(ANNA, PASSWORD, "198.51.100.1")
    with pytest.raises(BadCredentials):  # success has forgotten the user's failures
        doors[1].check_now(ANNA, "wrong", "198.51.100.1")


def test_failures_of_one_peer_are_throttled_whoever_is_tried(offload: Offload) -> None:
    clock = Clock()
    who = [
        throttle.keys(f"u{number}@example.com", f"2001:db8::{number}") for number in range(throttle.BY_PEER.failures)
    ]
    for one in who:
        offload.write_now(lambda tx, one=one: throttle.failed(tx, one, clock.now))  # type: ignore[misc]
    door = Authenticator(offload, clock=clock)
    with pytest.raises(LoginThrottled):
        door.check_now(ANNA, PASSWORD, "2001:db8::ffff")
    door.check_now(ANNA, PASSWORD, "2001:db8:0:1::1")


def guessed(offload: Offload, clock: Clock, times: int, peer: str = "") -> None:
    """Somebody tries Anna's password, from ever other places unless it is told."""
    for number in range(times):
        who = throttle.keys(ANNA, peer or f"198.51.100.{number}")
        offload.write_now(lambda tx, who=who: throttle.failed(tx, who, clock.now))  # type: ignore[misc]


def test_attack_strangers_who_guess_do_not_shut_the_user_out(offload: Offload) -> None:
    clock = Clock()
    Authenticator(offload, clock=clock).check_now(ANNA, PASSWORD, PEER)
    guessed(offload, clock, 3 * throttle.BY_USER.failures)
    door = Authenticator(offload, clock=clock)  # another process, which does not remember the password
    with pytest.raises(LoginThrottled):
        door.check_now(ANNA, PASSWORD, "203.0.113.5")
    door.check_now(ANNA, PASSWORD, PEER)
    with pytest.raises(LoginThrottled):  # nor has that given the guessers anything
        door.check_now(ANNA, "wrong", "203.0.113.5")


def test_who_guesses_where_the_user_is_at_home_is_throttled_there_too(offload: Offload) -> None:
    clock = Clock()
    Authenticator(offload, clock=clock).check_now(ANNA, PASSWORD, PEER)
    guessed(offload, clock, throttle.BY_USER.failures, PEER)
    with pytest.raises(LoginThrottled):
        Authenticator(offload, clock=clock).check_now(ANNA, PASSWORD, PEER)


def test_a_place_is_forgotten_when_the_user_has_not_been_there_for_long(offload: Offload) -> None:
    clock = Clock()
    Authenticator(offload, clock=clock).check_now(ANNA, PASSWORD, PEER)
    clock.now += throttle.KNOWN_FOR + timedelta(days=1)
    offload.write_now(lambda tx: throttle.sweep(tx, clock.now))
    guessed(offload, clock, throttle.BY_USER.failures)
    with pytest.raises(LoginThrottled):
        Authenticator(offload, clock=clock).check_now(ANNA, PASSWORD, PEER)


def test_a_place_is_written_down_once_a_day(offload: Offload, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, noted, real = Clock(), [], throttle.succeeded
    monkeypatch.setattr(throttle, "succeeded", lambda *given: noted.append(real(*given)))
    for hours in (0, 1, 22, 2):
        clock.now += timedelta(hours=hours)
        Authenticator(offload, clock=clock).check_now(ANNA, PASSWORD, PEER)
    assert len(noted) == 2


def test_leaked_scores_are_swept(store: Store) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    who = throttle.keys(ANNA, PEER)
    with store.write() as tx:
        throttle.failed(tx, who, now)
        throttle.sweep(tx, now + timedelta(seconds=60))
        assert tx.get(LoginFailure, who.by_user)
        throttle.sweep(tx, now + timedelta(days=1))
        tx.expire_all()
        assert tx.get(LoginFailure, who.by_user) is None


def test_an_old_hash_is_renewed(offload: Offload) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(passwords.prepare(PASSWORD))
    offload.write_now(lambda tx: edit.set_password(tx, ANNA, old))
    Authenticator(offload).check_now(ANNA, PASSWORD, PEER)
    renewed = offload.read_now(lambda tx: edit.user(tx, ANNA).password_hash)
    assert renewed != old
    assert not passwords.is_outdated(renewed)


def test_an_unknown_user_takes_as_long_as_a_wrong_password(offload: Offload) -> None:
    clock = Clock()
    door = Authenticator(offload, clock=clock)

    def seconds(name: str) -> float:
        start = perf_counter()
        with pytest.raises(BadCredentials):
            door.check_now(name, "wrong", PEER)
        return perf_counter() - start

    def ratio() -> float:
        clock.now += timedelta(days=1)  # so that nobody is throttled by the fifth time
        pairs = [(seconds(ANNA), seconds("nobody@example.com")) for _ in range(9)]
        known, unknown = (min(times) for times in zip(*pairs, strict=True))
        return known / unknown

    seconds("warm@example.com")
    assert any(0.5 < ratio() < 2 for _ in range(5)), "whatever else the machine does meanwhile"


def test_so_many_verifications_at_once_as_was_said(offload: Offload, monkeypatch: pytest.MonkeyPatch) -> None:
    running = most = 0
    real = passwords.verify

    def counted(hash_: str | None, password: str) -> bool:
        nonlocal running, most
        running += 1
        most = max(most, running)
        try:
            return real(hash_, password)
        finally:
            running -= 1

    monkeypatch.setattr(passwords, "verify", counted)
    door = Authenticator(offload, at_once=2)

    async def storm() -> None:
        tries = (door.check(f"u{number}@example.com", "wrong", PEER) for number in range(12))
        assert all(isinstance(one, BadCredentials) for one in await asyncio.gather(*tries, return_exceptions=True))

    asyncio.run(storm())
    assert most <= 2


def test_what_is_remembered_is_bounded() -> None:
    memory = login.Remembered(most=10)
    keys = [memory.key(number, "hash", "password") for number in range(20)]
    for key in keys:
        memory.remember(key)
    assert [memory.knows(key) for key in keys] == [False] * 10 + [True] * 10
    assert not login.Remembered(seconds=0.0).knows(keys[0])


@pytest.mark.parametrize("password", ["short", "x" * 1025, "with\nnewline", "with\0zero"])
def test_passwords_that_are_not_taken(password: str) -> None:
    with pytest.raises(WeakPassword):
        edit.new_password(password)


def test_attack_a_clock_that_goes_back_keeps_nobody_out(store: Store) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    who = throttle.keys(ANNA, PEER)
    with store.write() as tx:
        for _ in range(throttle.BY_USER.failures):
            throttle.failed(tx, who, now + timedelta(days=365))
        assert throttle.is_blocked(tx, who, now + timedelta(days=365))
        assert not throttle.is_blocked(tx, who, now)
