"""The API's access tokens as IMAP, POP3 and SMTP take them: as long as the API takes them, and no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import jwt
import pytest

from backend import tokens
from backend.extensions import db
from mailnode.database import begin_write, utcnow
from mailnode.directory import bearer, throttle
from mailnode.directory.login import Authenticator, LoggedIn
from mailnode.directory.secrets import secret
from mailnode.errors import BadCredentials, LoginThrottled, MailError, TokenExpired
from mailnode.offload import Offload
from tests.support.site import PASSWORD, Site

PEER = "192.0.2.9"


@pytest.fixture
def door(site: Site) -> Iterator[Authenticator]:
    offload = Offload(site.store.engine)
    yield Authenticator(offload)
    offload.close()


def enter(door: Authenticator, token: str | None, name: str = "", peer: str = PEER) -> LoggedIn:
    return asyncio.run(door.check_token(name, token or "", peer))


def signed(site: Site, **claims: object) -> str:
    """A token of anna's with the true key; claims that are given replace hers, None takes them away."""
    with site.app.app_context():
        tx = db.session()
        begin_write(tx)
        key = secret(tx, bearer.TOKENS)
        db.session.commit()
    mine = {"sub": str(site.anna.user_id), "sid": site.anna.session_id, "type": "access"}
    wanted = mine | {"exp": utcnow() + timedelta(minutes=5)} | claims
    return jwt.encode({name: value for name, value in wanted.items() if value is not None}, key, algorithm="HS256")


@pytest.mark.parametrize("name", ["", "anna@example.test", "Anna@EXAMPLE.test"])
def test_the_apis_token_lets_its_user_in(site: Site, door: Authenticator, name: str) -> None:
    assert enter(door, site.anna.token, name).address == "anna@example.test"


def test_it_lets_in_nobody_else(site: Site, door: Authenticator) -> None:
    with pytest.raises(BadCredentials):
        enter(door, site.anna.token, "bert@example.test")


def test_a_refresh_token_is_none(site: Site, door: Authenticator) -> None:
    with site.app.app_context():
        refresh = tokens.refresh_token(site.anna.user_id, site.anna.session_id)
    with pytest.raises(BadCredentials):
        enter(door, refresh)


def test_logging_out_ends_it(site: Site, door: Authenticator) -> None:
    assert site.anna.delete("sessions/current").status_code == 204
    with pytest.raises(TokenExpired):
        enter(door, site.anna.token)


def test_a_new_password_ends_the_other_sessions_tokens(site: Site, door: Authenticator) -> None:
    wanted = {"name": "anna@example.test", "password": PASSWORD}
    other = site.nobody.post("sessions", json=wanted).json["access_token"]
    enter(door, other)
    changed = {"old_password": PASSWORD, "new_password": "another horse battery"}
    assert site.anna.put("me/password", json=changed).status_code == 204
    with pytest.raises(TokenExpired):
        enter(door, other)


def test_an_administrator_who_sets_a_password_ends_them_all(site: Site, door: Authenticator) -> None:
    path = f"users/{site.anna.user_id}/password"
    assert site.root.put(path, json={"password": "another horse battery"}).status_code == 204
    with pytest.raises(TokenExpired):
        enter(door, site.anna.token)


def test_a_disabled_user_has_none(site: Site, door: Authenticator) -> None:
    site.root.patch(f"users/{site.anna.user_id}", json={"disabled": True}, headers={"If-Match": "*"})
    with pytest.raises(MailError):
        enter(door, site.anna.token)


def test_its_time_is_over(site: Site, door: Authenticator) -> None:
    with pytest.raises(TokenExpired):
        enter(door, signed(site, exp=utcnow() - timedelta(seconds=1)))


@pytest.mark.parametrize("missing", ["exp", "sub", "sid", "type"])
def test_every_claim_is_needed(site: Site, door: Authenticator, missing: str) -> None:
    enter(door, signed(site))
    with pytest.raises(BadCredentials):
        enter(door, signed(site, **{missing: None}))


def test_attack_another_key_or_none(site: Site, door: Authenticator) -> None:
    claims = jwt.decode(signed(site), options={"verify_signature": False})
    for forged in (jwt.encode(claims, "x" * 43, algorithm="HS256"), jwt.encode(claims, None, algorithm="none")):
        with pytest.raises(BadCredentials):
            enter(door, forged)


def test_attack_somebody_elses_session(site: Site, door: Authenticator) -> None:
    with pytest.raises(TokenExpired):
        enter(door, signed(site, sub=str(site.bert.user_id)))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", "." * 100])
def test_what_is_no_token(door: Authenticator, token: str) -> None:
    with pytest.raises(BadCredentials):
        enter(door, token)


def test_guessing_is_throttled_by_peer_and_locks_no_user_out(site: Site, door: Authenticator) -> None:
    for _ in range(throttle.BY_PEER.failures):
        with pytest.raises(BadCredentials):
            enter(door, "x", "anna@example.test")
    with pytest.raises(LoginThrottled):
        enter(door, site.anna.token)
    assert enter(door, site.anna.token, peer="192.0.2.10").address == "anna@example.test"


def test_an_old_token_is_no_guess(site: Site, door: Authenticator) -> None:
    old = signed(site, exp=utcnow() - timedelta(seconds=1))
    for _ in range(throttle.BY_PEER.failures + 1):
        with pytest.raises(TokenExpired):
            enter(door, old)
