"""Transports in the hands of system administrators."""

from __future__ import annotations

from tests.support.site import Site

SMARTHOST = {"host": "out.test", "port": 587, "tls": "verified", "login": "me", "password": "secret"}


def test_a_transport_is_made_shown_changed_and_removed(both: Site) -> None:
    made = both.root.put("transports/*.Example.org", SMARTHOST)
    assert (made.status_code, made.json["pattern"], made.json["login"]) == (200, "*.example.org", "me")
    assert "password" not in made.json
    place = "transports/*.example.org"
    assert both.root.get(place).json == made.json
    late = {"If-Match": made.headers["ETag"]}
    assert both.root.put(place, {"source": "192.0.2.7"}, headers=late).json["host"] == ""
    assert both.root.put(place, SMARTHOST, headers=late).status_code == 412
    assert [one["pattern"] for one in both.root.get("transports").json["items"]] == ["*.example.org"]
    assert both.root.delete(place).status_code == 204
    assert both.root.get(place).json["type"] == "/problems/no-such-transport"


def test_what_is_only_to_be_made_replaces_nothing(site: Site) -> None:
    """RFC 9110 §13.1.2"""
    only_new = {"If-None-Match": "*"}
    assert site.root.put("transports/example.org", SMARTHOST, headers=only_new).status_code == 200
    refused = site.root.put("transports/Example.ORG", {"host": "other.test"}, headers=only_new)
    assert (refused.status_code, refused.json["type"]) == (412, "/problems/precondition-failed")
    assert site.root.get("transports/example.org").json["host"] == "out.test"


def test_transports_are_for_system_administrators(site: Site) -> None:
    assert site.dora.get("transports").status_code == 403
    assert site.dora.put("transports/*", SMARTHOST).status_code == 403


def test_a_transport_that_leads_nowhere_is_refused(site: Site) -> None:
    for bad in ({}, {"host": "a b"}, {"source": "here"}, {**SMARTHOST, "tls": "required"}):
        assert site.root.put("transports/example.org", bad).json["type"] == "/problems/bad-transport"
    assert site.root.put("transports/a..b", SMARTHOST).json["type"] == "/problems/bad-domain-name"
