"""Aliases in the hands of administrators."""

from __future__ import annotations

from tests.support.site import Site


def test_an_alias_is_made_shown_changed_and_removed(both: Site) -> None:
    made = both.dora.post("aliases", {"address": "info@example.test", "targets": ["anna@example.test", "x@far.test"]})
    assert made.status_code == 201
    shown = both.dora.get(made.headers["Location"])
    assert shown.json == made.json
    place = made.headers["Location"]
    changed = both.dora.patch(place, {"targets": ["bert@example.test"]}, headers={"If-Match": shown.headers["ETag"]})
    assert changed.json["targets"] == ["bert@example.test"]
    assert both.dora.delete(place).status_code == 204
    assert both.dora.get(place).json["type"] == "/problems/no-such-alias"


def test_a_wildcard_catches_a_domain(site: Site) -> None:
    made = site.dora.post("aliases", {"address": "*@example.test", "targets": ["anna@example.test"]})
    assert made.json["address"] == "*@example.test"


def test_a_loop_is_refused_when_it_is_made(site: Site) -> None:
    site.dora.post("aliases", {"address": "a@example.test", "targets": ["b@example.test"]})
    answer = site.dora.post("aliases", {"address": "b@example.test", "targets": ["a@example.test"]})
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/alias-loop")


def test_a_taken_address_is_refused(site: Site) -> None:
    answer = site.dora.post("aliases", {"address": "anna@example.test", "targets": ["bert@example.test"]})
    assert answer.json["type"] == "/problems/address-taken"


def test_aliases_of_other_domains_are_out_of_reach(site: Site) -> None:
    body = {"address": "info@other.test", "targets": ["otto@other.test"]}
    assert site.dora.post("aliases", body).status_code == 403
    place = site.root.post("aliases", body).headers["Location"]
    assert site.dora.get(place).status_code == 403
    assert site.dora.patch(place, {"targets": ["dora@example.test"]}, headers={"If-Match": "*"}).status_code == 403
    assert site.dora.delete(place).status_code == 403
    assert site.dora.get("aliases").json["total"] == 0


def test_faults_are_pointed_at(site: Site) -> None:
    answer = site.dora.post("aliases", {"address": "", "targets": [], "extra": 1})
    assert {one["pointer"] for one in answer.json["errors"]} == {"#/address", "#/targets", "#/extra"}
