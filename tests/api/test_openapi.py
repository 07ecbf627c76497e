"""The description of the API is what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.openapi import description, written
from tests.support.site import API, Site
from tests.support.tree import ROOT

METHODS = {"get", "post", "put", "patch", "delete"}
UNDESCRIBED = {"/api/v1/openapi.json", "/", "/<path:path>"}


def test_the_file_in_the_repository_equals_the_code(site: Site) -> None:
    found = Path(ROOT / "openapi.yaml").read_text(encoding="utf-8")
    assert found == written(description(site.app)), "run `make openapi`"


def test_it_is_served(site: Site) -> None:
    assert site.nobody.get("openapi.json").json == description(site.app)


def test_every_route_is_described(site: Site) -> None:
    described = {
        (method.upper(), path)
        for path, item in description(site.app)["paths"].items()
        for method in METHODS & item.keys()
    }
    routes = {
        (method, rule.rule.replace("<int:", "{").replace("<", "{").replace(">", "}"))
        for rule in site.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule not in UNDESCRIBED and not rule.endpoint.startswith("client_settings.")
    }
    assert described == routes


def test_every_operation_says_what_it_does_and_who_may(site: Site) -> None:
    for path, item in description(site.app)["paths"].items():
        for method in METHODS & item.keys():
            operation = item[method]
            assert operation["summary"].endswith("."), (method, path)
            view = site.app.view_functions[_endpoint(site, method, path)]
            open_to_all = view.access_rule == "anyone"
            assert open_to_all == ("security" not in operation), (method, path)


def test_problems_are_described_as_such(site: Site) -> None:
    found = description(site.app)
    assert list(found["components"]["responses"]["DEFAULT_ERROR"]["content"]) == ["application/problem+json"]
    assert set(found["components"]["schemas"]["Problem"]["required"]) == {"type", "title", "status"}


@pytest.mark.parametrize("path", ["/mailboxes", "/me", "/messages?ids=1.1", "/sessions", "/server"])
def test_answers_have_no_members_that_are_not_described(site: Site, path: str) -> None:
    schemas = description(site.app)["components"]["schemas"]
    operation = description(site.app)["paths"][API + path.partition("?")[0]]["get"]
    reference = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    assert set(site.anna.get(path.removeprefix("/")).json) <= set(schemas[reference.rpartition("/")[2]]["properties"])


def _endpoint(site: Site, method: str, path: str) -> str:
    adapter = site.app.url_map.bind("localhost")
    example = "/".join("1" if part.startswith("{") else part for part in path.split("/"))
    return adapter.match(example, method=method.upper())[0]
