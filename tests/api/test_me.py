"""The user who calls."""

from __future__ import annotations

from tests.api.test_sessions import log_in
from tests.support.site import PASSWORD, Site, mail

NEW = "another long password"


def test_me_tells_who_one_is(site: Site) -> None:
    found = site.dora.get("me").json
    assert found["address"] == "dora@example.test"
    assert found["admin"] is False
    assert found["admin_domains"] == ["example.test"]
    assert found["addresses"] == ["dora@example.test"]


def test_me_counts_what_is_used(site: Site) -> None:
    site.deliver("anna", mail())
    assert site.anna.get("me").json["quota"]["used_messages"] == 1


def test_an_unchanged_me_is_not_sent_again(site: Site) -> None:
    tag = site.anna.get("me").headers["ETag"]
    again = site.anna.get("me", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_name_language_and_settings_change(site: Site) -> None:
    wanted = {"name": "安娜", "language": "zh-CN", "settings": {"theme": "dark", "list": [1, None]}}
    changed = site.anna.patch("me", wanted).json
    assert {key: changed[key] for key in wanted} == wanted
    assert site.anna.get("me").json == changed


def test_settings_are_small(site: Site) -> None:
    answer = site.anna.patch("me", {"settings": {"x": "y" * 9000}})
    assert answer.json["errors"][0]["pointer"] == "#/settings"


def test_settings_are_not_deep(site: Site) -> None:
    deep: object = 1
    for _ in range(300):
        deep = [deep]
    assert site.anna.patch("me", {"settings": {"x": deep}}).json["errors"][0]["pointer"] == "#/settings"
    assert site.anna.patch("me", {"settings": {"x": [[[1]]]}}).status_code == 200


def test_one_does_not_make_oneself_an_administrator(site: Site) -> None:
    assert site.anna.patch("me", {"admin": True}).json["errors"][0]["pointer"] == "#/admin"


def test_an_old_version_is_not_written_over(site: Site) -> None:
    tag = site.anna.get("me").headers["ETag"]
    assert site.anna.patch("me", {"name": "A"}, headers={"If-Match": tag}).status_code == 200
    assert site.anna.patch("me", {"name": "B"}, headers={"If-Match": tag}).status_code == 412


def test_a_new_password_ends_the_other_sessions(site: Site) -> None:
    other = log_in(site.app.test_client()).json
    answer = site.anna.put("me/password", {"old_password": PASSWORD, "new_password": NEW})
    assert answer.status_code == 204
    assert site.anna.get("me").status_code == 200
    assert site.nobody.get("me", headers={"Authorization": f"Bearer {other['access_token']}"}).status_code == 401
    assert log_in(site.app.test_client(), password=NEW).status_code == 201


def test_the_old_password_must_be_right(site: Site) -> None:
    answer = site.anna.put("me/password", {"old_password": "nonsense", "new_password": NEW})
    assert answer.json["type"] == "/problems/bad-credentials"


def test_a_weak_password_is_refused(site: Site) -> None:
    answer = site.anna.put("me/password", {"old_password": PASSWORD, "new_password": "short"})
    assert answer.json["type"] == "/problems/weak-password"


def test_addresses_are_completed_from_sent_mail_the_latest_first(site: Site) -> None:
    for to in ("Otto <otto@other.test>", "Ottilie <tilly@other.test>", "carl@other.test"):
        site.deliver("anna", mail(To=to), "Sent")
    found = site.anna.get("me/recipients?q=ott").json["items"]
    assert [one["address"] for one in found] == ["tilly@other.test", "otto@other.test"]
