"""Domains and what the DNS should say of them."""

from __future__ import annotations

import base64

import pytest

from tests.support.site import Site


def test_a_system_administrator_makes_a_domain(both: Site) -> None:
    answer = both.root.post("domains", {"name": "bücher.test", "registration": "open", "max_quota_bytes": 10**9})
    assert answer.status_code == 201
    assert answer.json["name"] == "xn--bcher-kva.test"
    assert answer.json["unicode_name"] == "bücher.test"
    assert both.root.get(answer.headers["Location"]).json == answer.json


def test_a_domain_is_made_once(site: Site) -> None:
    assert site.root.post("domains", {"name": "Example.TEST"}).json["type"] == "/problems/domain-taken"


def test_what_is_no_name_is_refused(site: Site) -> None:
    assert site.root.post("domains", {"name": "no name"}).json["type"] == "/problems/bad-domain-name"


def test_an_administrator_sees_only_their_domains(site: Site) -> None:
    names = [one["name"] for one in site.dora.get("domains").json["items"]]
    assert names == ["example.test"]
    assert len(site.root.get("domains").json["items"]) == 2


def test_lists_are_paged_sorted_and_filtered(site: Site) -> None:
    for number in range(5):
        site.root.post("domains", {"name": f"d{number}.test"})
    first = site.root.get("domains?q=d&sort=-name&limit=2").json
    second = site.root.get(f"domains?q=d&sort=-name&limit=2&cursor={first['next']}").json
    third = site.root.get(f"domains?q=d&sort=-name&limit=2&cursor={second['next']}").json
    names = [one["name"] for page in (first, second, third) for one in page["items"]]
    assert names == ["d4.test", "d3.test", "d2.test", "d1.test", "d0.test"]
    assert (first["total"], third["next"]) == (5, None)


def test_a_cursor_or_a_sort_that_is_none_of_ours_is_refused(site: Site) -> None:
    for query, pointer in (
        ("cursor=!", "#/cursor"),
        ("cursor=WzFd", "#/cursor"),
        ("cursor=" + "W1tb" * 490, "#/cursor"),
        ("sort=secret", "#/sort"),
    ):
        assert site.root.get(f"domains?{query}").json["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    "part", ['"\\ud800", 1', '"\\u0000", 1', '"x", 9223372036854775808', '"x", true', "1, 1", "null, 1"]
)
def test_a_cursor_that_no_database_takes_is_refused(both: Site, part: str) -> None:
    cursor = base64.urlsafe_b64encode(f"[{part}]".encode()).decode()
    assert both.root.get(f"domains?cursor={cursor}").json["errors"][0]["pointer"] == "#/cursor"


@pytest.mark.parametrize("part", ['"x", 1', "9223372036854775808, 1"])
def test_a_cursor_of_another_order_is_refused(both: Site, part: str) -> None:
    cursor = base64.urlsafe_b64encode(f"[{part}]".encode()).decode()
    assert both.root.get(f"domains?sort=created_at&cursor={cursor}").status_code == 422


def test_a_change_names_the_version_that_it_changes(both: Site) -> None:
    shown = both.dora.get("domains/example.test")
    change = {"over_quota_text": "Call 123", "catch_all": "anna@example.test", "registration": "approval"}
    assert both.dora.patch("domains/example.test", change).status_code == 428
    changed = both.dora.patch("domains/example.test", change, headers={"If-Match": shown.headers["ETag"]})
    assert {key: changed.json[key] for key in change} == change
    again = both.dora.patch("domains/example.test", change, headers={"If-Match": shown.headers["ETag"]})
    assert again.json["type"] == "/problems/precondition-failed"


def test_limits_of_a_domain_are_for_system_administrators(site: Site) -> None:
    for change in ({"max_quota_bytes": 1}, {"disabled": True}):
        assert site.dora.patch("domains/example.test", change, headers={"If-Match": "*"}).status_code == 403
        assert site.root.patch("domains/example.test", change, headers={"If-Match": "*"}).status_code == 200


def test_a_domain_of_others_is_out_of_reach(site: Site) -> None:
    assert site.dora.get("domains/other.test").status_code == 403
    assert site.dora.get("domains/nowhere.test").status_code == 403
    assert site.root.get("domains/nowhere.test").json["type"] == "/problems/no-such-domain"


def test_a_domain_is_found_however_it_is_spelled(site: Site) -> None:
    assert site.dora.get("domains/Example.TEST").json["name"] == "example.test"


def test_removing_wants_the_name_again(site: Site) -> None:
    assert site.root.delete("domains/other.test").json["type"] == "/problems/not-confirmed"
    assert site.root.delete("domains/other.test?confirm=other.test").status_code == 204
    assert site.otto.get("me").status_code == 401


def test_an_alias_domain_stands_for_another(site: Site) -> None:
    made = site.root.post("domains", {"name": "alias.test", "alias_of": "example.test"})
    assert made.json["alias_of"] == "example.test"


def test_records_and_zone_are_told(site: Site) -> None:
    found = site.dora.get("domains/example.test/records").json
    assert {"mx", "spf", "dmarc"} <= {one["purpose"] for one in found["items"]}
    assert "MX" in found["zone"]


def test_new_keys_are_told_beside_those_that_sign(site: Site) -> None:
    states = []
    for _ in range(2):  # the second time the keys are coming already
        found = site.dora.post("domains/example.test/dkim-rotation").json["items"]
        states.append([one["state"] for one in found if one["purpose"] == "dkim"])
    assert states[0].count("coming") == 2
    assert states[0] == states[1]


def test_a_dead_dns_is_unknown_and_no_error(site: Site) -> None:
    site.app.config["MAILNODE"] = site.store.settings.model_copy(update={"nameservers": ("127.0.0.1:1",)})
    found = site.dora.post("domains/example.test/check").json
    assert found["verdict"] == "wrong"
    assert {one["verdict"] for one in found["items"]} == {"unknown"}
    assert found["items"][0]["advice"].startswith("The DNS did not answer")
    chinese = site.dora.post("domains/example.test/check", headers={"Accept-Language": "zh-CN"}).json
    assert chinese["items"][0]["advice"].startswith("DNS 未就")
