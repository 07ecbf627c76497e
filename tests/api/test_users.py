"""Users in the hands of administrators."""

from __future__ import annotations

from mailnode.directory import edit
from tests.api.test_sessions import log_in
from tests.support.site import PASSWORD, Site

NEW = {"address": "Carl@Example.test", "password": PASSWORD, "name": "Carl", "quota_bytes": 10**8}
ANY = {"If-Match": "*"}


def test_an_administrator_makes_a_user_who_logs_in_and_has_mailboxes(both: Site) -> None:
    answer = both.dora.post("users", NEW)
    assert answer.status_code == 201
    assert answer.json["address"] == "carl@example.test"
    token = log_in(both.app.test_client(), name="carl@example.test").json["access_token"]
    found = both.nobody.get("mailboxes", headers={"Authorization": f"Bearer {token}"}).json["items"]
    assert {one["special_use"] for one in found} == {"inbox", "drafts", "sent", "junk", "trash", "archive"}


def test_no_user_in_a_domain_of_others(site: Site) -> None:
    assert site.dora.post("users", {**NEW, "address": "carl@other.test"}).status_code == 403


def test_an_address_exists_once(site: Site) -> None:
    answer = site.dora.post("users", {**NEW, "address": "anna@example.test"})
    assert answer.json["type"] == "/problems/address-taken"


def test_only_a_system_administrator_makes_administrators(site: Site) -> None:
    for more in ({"admin": True}, {"admin_domains": ["example.test"]}):
        assert site.dora.post("users", {**NEW, **more}).status_code == 403
        assert site.dora.patch(f"users/{site.anna.user_id}", more, headers=ANY).status_code == 403
    made = site.root.post("users", {**NEW, "admin_domains": ["other.test"]})
    assert made.json["admin_domains"] == ["other.test"]


def test_a_domain_administrator_has_no_hold_on_a_system_administrator(site: Site) -> None:
    place = f"users/{site.root.user_id}"
    assert site.dora.put(f"{place}/password", {"password": PASSWORD}).status_code == 403
    assert site.dora.patch(place, {"disabled": True}, headers=ANY).status_code == 403
    assert site.dora.delete(f"{place}?confirm=root@example.test").status_code == 403


def test_lists_hold_one_s_own_domains(site: Site) -> None:
    found = site.dora.get("users").json
    assert [one["address"].partition("@")[0] for one in found["items"]] == ["anna", "bert", "dora", "root"]
    assert site.dora.get("users?q=ERT").json["total"] == 1
    assert site.root.get("users?domain=other.test").json["total"] == 1
    assert site.dora.get("users?domain=other.test").json["total"] == 0


def test_a_percent_sign_is_no_wildcard(site: Site) -> None:
    assert site.root.get("users?q=%25").json["total"] == 0


def test_a_user_is_changed_from_a_known_version(site: Site) -> None:
    place = f"users/{site.anna.user_id}"
    tag = site.dora.get(place).headers["ETag"]
    assert site.dora.patch(place, {"name": "安娜"}, headers={"If-Match": tag}).json["name"] == "安娜"
    assert site.dora.patch(place, {"name": "B"}, headers={"If-Match": tag}).status_code == 412
    assert site.dora.patch(place, {"name": "B"}, headers={"If-Match": '"nonsense"'}).status_code == 412


def test_disabling_ends_sessions(site: Site) -> None:
    site.dora.patch(f"users/{site.anna.user_id}", {"disabled": True}, headers=ANY)
    assert site.anna.get("me").status_code == 401


def test_a_quota_stays_below_the_domain_s(site: Site) -> None:
    site.root.patch("domains/example.test", {"max_quota_bytes": 1000}, headers=ANY)
    answer = site.dora.patch(f"users/{site.anna.user_id}", {"quota_bytes": 2000}, headers=ANY)
    assert answer.json["type"] == "/problems/bad-quota"


def test_another_password_ends_sessions(site: Site) -> None:
    assert site.dora.put(f"users/{site.anna.user_id}/password", {"password": "quite another one"}).status_code == 204
    assert site.anna.get("me").status_code == 401
    assert log_in(site.app.test_client(), password="quite another one").status_code == 201


def test_removing_wants_the_address_again(site: Site) -> None:
    place = f"users/{site.anna.user_id}"
    assert site.dora.delete(place).json["type"] == "/problems/not-confirmed"
    assert site.dora.delete(f"{place}?confirm=anna@example.test").status_code == 204
    assert site.dora.get(place).json["type"] == "/problems/no-such-user"


def test_the_last_system_administrator_stays(site: Site) -> None:
    answer = site.root.delete(f"users/{site.root.user_id}?confirm=root@example.test")
    assert answer.json["type"] == "/problems/last-administrator"


def test_rubbish_is_answered_by_pointers(site: Site) -> None:
    answer = site.dora.post("users", {"address": 1, "quota_bytes": "many", "unknown": 1})
    pointers = {one["pointer"] for one in answer.json["errors"]}
    assert pointers == {"#/address", "#/password", "#/quota_bytes", "#/unknown"}


def test_every_new_password_leaves_keys_for_scram(site: Site) -> None:
    made = site.root.post("users", {"address": "new@example.test", "password": "a password of tests"}).json["id"]

    def keys(address: str) -> str | None:
        with site.store.read() as tx:
            return edit.user(tx, address).scram_keys

    first = keys("new@example.test")
    site.root.put(f"users/{made}/password", {"password": "another password of tests"})
    assert None not in (first, keys("new@example.test"))
    assert keys("new@example.test") != first
    site.anna.put("me/password", {"old_password": PASSWORD, "new_password": "another password of tests"})
    assert keys("anna@example.test") is not None
