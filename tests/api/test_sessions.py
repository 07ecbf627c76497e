"""Logging in, staying in, logging out."""

from __future__ import annotations

from http.cookies import SimpleCookie

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.extensions import limiter
from mailnode.directory import edit
from tests.support.site import API, PASSWORD, Site

LOGIN = f"{API}/sessions"


def log_in(
    client: FlaskClient, name: str = "anna@example.test", password: str = PASSWORD, **more: object
) -> TestResponse:
    return client.post(LOGIN, json={"name": name, "password": password, **more})


def csrf(client: FlaskClient, name: str = "mailnode_csrf") -> dict[str, str]:
    cookie = client.get_cookie(name, path="/")
    assert cookie is not None
    return {"X-CSRF-Token": cookie.value}


def test_a_script_gets_tokens_and_uses_them(site: Site) -> None:
    answer = log_in(site.app.test_client())
    assert answer.status_code == 201
    assert answer.json["user"]["address"] == "anna@example.test"
    token = {"Authorization": f"Bearer {answer.json['access_token']}"}
    assert site.nobody.get("me", headers=token).json["id"] == site.anna.user_id


def test_a_wrong_password_and_an_unknown_user_look_the_same(site: Site) -> None:
    client = site.app.test_client()
    wrong, unknown = log_in(client, password="nonsense"), log_in(client, name="nobody@example.test")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json == unknown.json
    assert wrong.json["type"] == "/problems/bad-credentials"


def test_the_address_may_be_written_in_any_case(site: Site) -> None:
    assert log_in(site.app.test_client(), name="Anna@EXAMPLE.test").status_code == 201


def test_a_disabled_user_is_not_let_in(site: Site) -> None:
    with site.write() as tx:
        edit.set_user(tx, "anna@example.test", disabled=True)
    assert log_in(site.app.test_client()).json["type"] == "/problems/user-disabled"


def test_many_failures_are_throttled(site: Site) -> None:
    client = site.app.test_client()
    answers = [log_in(client, password="nonsense") for _ in range(30)]
    assert answers[-1].status_code == 429
    assert answers[-1].headers["Retry-After"]


def test_many_requests_from_one_address_are_refused(site: Site) -> None:
    limiter.enabled = True
    limiter.reset()
    try:
        client = site.app.test_client()
        codes = [client.post(LOGIN, json={}).status_code for _ in range(31)]
    finally:
        limiter.enabled = False
    assert codes[-1] == 429


def test_the_web_client_gets_cookies_and_no_tokens(site: Site) -> None:
    client = site.app.test_client()
    answer = log_in(client, cookies=True)
    assert "access_token" not in answer.json
    assert "refresh_token" not in answer.json
    assert client.get(f"{API}/me").json["address"] == "anna@example.test"


def test_cookies_are_hidden_and_strict(site: Site) -> None:
    answer = log_in(site.app.test_client(), cookies=True)
    found = {
        name: morsel for line in answer.headers.getlist("Set-Cookie") for name, morsel in SimpleCookie(line).items()
    }
    assert found["mailnode_access"]["httponly"]
    assert found["mailnode_refresh"]["httponly"]
    assert not found["mailnode_csrf"]["httponly"]
    assert {one["samesite"] for one in found.values()} == {"Strict"}
    assert found["mailnode_access"]["path"] == API


def test_cookies_are_secure_over_tls_only(site: Site) -> None:
    plain = log_in(site.app.test_client(), cookies=True)
    client = site.app.test_client()
    over_tls = client.post(
        LOGIN, json={"name": "anna@example.test", "password": PASSWORD, "cookies": True}, base_url="https://x"
    )
    assert not any("Secure" in line for line in plain.headers.getlist("Set-Cookie"))
    assert all("Secure" in line for line in over_tls.headers.getlist("Set-Cookie"))


def test_a_change_by_cookie_needs_the_cross_site_token(site: Site) -> None:
    client = site.app.test_client()
    log_in(client, cookies=True)
    body = {"name": "Work"}
    refused = client.post(f"{API}/mailboxes", json=body)
    false = client.post(f"{API}/mailboxes", json=body, headers={"X-CSRF-Token": "false"})
    assert refused.status_code == false.status_code == 403
    assert refused.json["type"] == "/problems/csrf"
    assert client.post(f"{API}/mailboxes", json=body, headers=csrf(client)).status_code == 201


def test_the_session_is_refreshed_by_cookie(site: Site) -> None:
    client = site.app.test_client()
    log_in(client, cookies=True)
    client.delete_cookie("mailnode_access", path=API)
    assert client.get(f"{API}/me").status_code == 401
    answer = client.post(f"{LOGIN}/refresh", headers=csrf(client, "mailnode_refresh_csrf"))
    assert answer.status_code == 200
    assert "access_token" not in answer.json
    assert client.get(f"{API}/me").status_code == 200


def test_the_session_is_refreshed_by_bearer(site: Site) -> None:
    tokens = log_in(site.app.test_client()).json
    refresh = {"Authorization": f"Bearer {tokens['refresh_token']}"}
    answer = site.nobody.post("sessions/refresh", headers=refresh)
    again = {"Authorization": f"Bearer {answer.json['access_token']}"}
    assert site.nobody.get("me", headers=again).status_code == 200


def test_an_access_token_does_not_refresh_and_a_refresh_token_does_not_open(site: Site) -> None:
    tokens = log_in(site.app.test_client()).json
    access, refresh = ({"Authorization": f"Bearer {tokens[name]}"} for name in ("access_token", "refresh_token"))
    assert site.nobody.post("sessions/refresh", headers=access).status_code == 401
    assert site.nobody.get("me", headers=refresh).status_code == 401


def test_logging_out_ends_the_session_at_once(site: Site) -> None:
    answer = site.anna.delete("sessions/current")
    assert answer.status_code == 204
    assert "mailnode_access=;" in answer.headers["Set-Cookie"]
    assert site.anna.get("me").status_code == 401


def test_false_tokens_are_refused(site: Site) -> None:
    for token in ("", "x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."):
        answer = site.nobody.get("me", headers={"Authorization": f"Bearer {token}"})
        assert answer.json["type"] == "/problems/unauthorized", token
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_disabling_a_user_ends_their_sessions(site: Site) -> None:
    with site.write() as tx:
        edit.set_user(tx, "anna@example.test", disabled=True)
    assert site.anna.get("me").status_code == 401


def test_switching_a_domain_off_ends_its_users_sessions(site: Site) -> None:
    with site.write() as tx:
        edit.set_domain(tx, "other.test", enabled=False)
    assert site.otto.get("me").status_code == 401


def test_one_sees_and_ends_ones_own_sessions(site: Site) -> None:
    other = log_in(site.app.test_client()).json
    found = site.anna.get("sessions").json["items"]
    assert {one["id"]: one["current"] for one in found} == {site.anna.session_id: True, other["session_id"]: False}
    assert site.anna.delete(f"sessions/{other['session_id']}").status_code == 204
    token = {"Authorization": f"Bearer {other['access_token']}"}
    assert site.nobody.get("me", headers=token).status_code == 401


def test_one_does_not_end_the_session_of_somebody_else(site: Site) -> None:
    assert site.anna.delete(f"sessions/{site.bert.session_id}").json["type"] == "/problems/no-such-session"
    assert site.bert.get("me").status_code == 200
