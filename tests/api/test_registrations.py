"""Free registration: who may, the proof of work, and what is told to nobody."""

from __future__ import annotations

import altcha
import pytest
from sqlalchemy import select

from backend import captcha
from mailnode.directory import edit, scram
from mailnode.directory.models import Registration
from mailnode.proto import sasl_scram
from tests.api.test_sessions import log_in
from tests.support.site import PASSWORD, Person, Site

ANY = {"If-Match": "*"}


@pytest.fixture
def open_site(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """example.test is open, other.test by approval; the proof of work is short."""
    monkeypatch.setattr(captcha, "TRIES", (1, 20))
    site.root.patch("domains/example.test", {"registration": "open"}, headers=ANY)
    site.root.patch("domains/other.test", {"registration": "approval"}, headers=ANY)
    return site


def solved(nobody: Person) -> str:
    """The payload of a solved challenge."""
    challenge = altcha.Challenge.from_dict(nobody.get("registrations/challenge").json)
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    return altcha.Payload(challenge, solution).to_base64()


def wish(nobody: Person, local_part: str = "carla", domain: str = "example.test", **more: str) -> dict[str, str]:
    return {"local_part": local_part, "domain": domain, "password": PASSWORD, "altcha": solved(nobody), **more}


def test_the_open_domains_are_told(open_site: Site) -> None:
    found = open_site.nobody.get("registrations/domains").json["items"]
    assert found == [{"name": "example.test", "policy": "open"}, {"name": "other.test", "policy": "approval"}]
    assert open_site.nobody.get("server").json["registration"] is True


def test_somebody_registers_and_logs_in(open_site: Site) -> None:
    answer = open_site.nobody.post("registrations", wish(open_site.nobody, name="Carla"))
    assert answer.json == {"status": "created", "address": "carla@example.test"}
    assert log_in(open_site.app.test_client(), name="carla@example.test").json["user"]["name"] == "Carla"


def test_a_closed_domain_takes_nobody(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captcha, "TRIES", (1, 20))
    answer = site.nobody.post("registrations", wish(site.nobody))
    assert answer.json["type"] == "/problems/registration-closed"


def test_taken_reserved_and_odd_names_get_one_answer(open_site: Site) -> None:
    answers = []
    for number, name in enumerate(("anna", "postmaster", "ab", "a..b")):
        peer = {"REMOTE_ADDR": f"192.0.2.{number}"}
        answer = open_site.nobody.post("registrations", wish(open_site.nobody, name), environ_overrides=peer)
        answers.append((answer.status_code, answer.json))
    assert answers[0][1]["type"] == "/problems/address-unavailable"
    assert all(one == answers[0] for one in answers)


def test_a_challenge_is_good_once(open_site: Site) -> None:
    first = wish(open_site.nobody)
    assert open_site.nobody.post("registrations", first).status_code == 201
    again = open_site.nobody.post("registrations", {**first, "local_part": "carlo"})
    assert again.json["type"] == "/problems/captcha-failed"


@pytest.mark.parametrize(
    "payload", ["x", "e30=", "eyJjaGFsbGVuZ2UiOnt9LCJzb2x1dGlvbiI6e319", "\u00e9", "W10=", "W1tb" * 1000]
)
def test_a_false_proof_is_refused(open_site: Site, payload: str) -> None:
    answer = open_site.nobody.post("registrations", {**wish(open_site.nobody), "altcha": payload})
    assert answer.json["type"] == "/problems/captcha-failed"


def test_an_easier_challenge_of_one_s_own_is_refused(open_site: Site) -> None:
    own = altcha.create_challenge("SHA-256", 1, counter=1, hmac_secret="mine")
    solution = altcha.solve_challenge(own)
    assert solution is not None
    payload = altcha.Payload(own, solution).to_base64()
    answer = open_site.nobody.post("registrations", {**wish(open_site.nobody), "altcha": payload})
    assert answer.json["type"] == "/problems/captcha-failed"


def test_one_network_registers_five_times_an_hour(open_site: Site) -> None:
    answers = [open_site.nobody.post("registrations", wish(open_site.nobody, f"user{number}")) for number in range(6)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [429]


def test_with_approval_an_administrator_decides(open_site: Site) -> None:
    waiting = open_site.nobody.post("registrations", wish(open_site.nobody, domain="other.test"))
    assert waiting.json["status"] == "waiting"
    assert log_in(open_site.app.test_client(), name="carla@other.test").status_code == 401
    listed = open_site.root.get("registrations").json["items"]
    assert [one["address"] for one in listed] == ["carla@other.test"]
    assert open_site.root.post(f"registrations/{listed[0]['id']}/approval").status_code == 204
    assert log_in(open_site.app.test_client(), name="carla@other.test").status_code == 201
    assert open_site.root.get("registrations").json["total"] == 0


def test_a_waiting_name_is_not_given_twice(open_site: Site) -> None:
    open_site.nobody.post("registrations", wish(open_site.nobody, domain="other.test"))
    again = open_site.nobody.post("registrations", wish(open_site.nobody, domain="other.test"))
    assert again.json["type"] == "/problems/address-unavailable"


def test_a_wish_is_turned_down(open_site: Site) -> None:
    open_site.nobody.post("registrations", wish(open_site.nobody, domain="other.test"))
    id_ = open_site.root.get("registrations").json["items"][0]["id"]
    assert open_site.dora.delete(f"registrations/{id_}").status_code == 403
    assert open_site.root.delete(f"registrations/{id_}").status_code == 204
    assert open_site.root.delete(f"registrations/{id_}").json["type"] == "/problems/no-such-registration"


def test_a_weak_password_is_refused(open_site: Site) -> None:
    answer = open_site.nobody.post("registrations", wish(open_site.nobody) | {"password": "short"})
    assert answer.json["type"] == "/problems/weak-password"


@pytest.mark.parametrize("domain", ["example.test", "other.test"])
def test_whoever_registers_can_log_in_by_proof(open_site: Site, domain: str) -> None:
    """The keys of SCRAM come with the password, also where an administrator decides later."""
    open_site.nobody.post("registrations", wish(open_site.nobody, domain=domain))
    for one in open_site.root.get("registrations").json["items"]:
        open_site.root.post(f"registrations/{one['id']}/approval")
    with open_site.store.read() as tx:
        kept = edit.user(tx, f"carla@{domain}").scram_keys
        assert tx.scalars(select(Registration.scram_keys).where(Registration.state == "approved")).all() == [None]
    salt = sasl_scram.read(kept or "").salt
    assert kept == scram.keys_of(PASSWORD, salt)
