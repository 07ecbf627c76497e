"""Whatever is asked of any route, by whomever: an answer of HTTP, and never a fault of ours.

Routes, their parameters and the fields of their bodies are those of the API's own description, so that a new one is
tried from its first day.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import store as stores
from tests.support.examples import examples
from tests.support.site import Site, mail, opened

LEFT_OUT = {
    ("get", "/events"),  # has no end
    ("get", "/image-proxy"),  # asks the network, as do the next ones
    ("post", "/domains/{name}/check"),
    ("post", "/domains/{name}/dkim-rotation"),
    ("delete", "/sessions/current"),  # who asks next must still be somebody
    ("post", "/sessions/refresh"),
}
HUGE = 10**30
TEXTS = st.sampled_from(
    [
        "", "x", "INBOX", "1", "-1", "0", "1.1", "1.2", "9.9", "a@b.test", "far@elsewhere.test", "other.test",
        "*", "*.test", "a\r\nBcc: b@c.test", "\0", "\ud800", "\u202e", "用户@例子.中国", "x" * 3000, "%", "_", "'", '"',
        "\\", "[::1]", "127.0.0.1", "smtp://a", "://[", "2026-11-25T12:00:00Z", "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+14:00",
        "NaN", "is:unread", 'subject:"', "12.99999999999999999999", "bnVsbA==", "e30", "text/html", "..%2f", "en", "zh",
    ]
) | st.text(max_size=8)  # fmt: skip
NUMBERS = st.sampled_from([0, 1, 2, -1, 2**31, 2**63 - 1, 2**63, HUGE, 1.5]) | st.integers(-5, 50)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=4
)
PLACES = st.sampled_from(["1", "2", "5", "6", "15", "0", "1.1", "x", str(HUGE), "other.test", "dmarc", "tls", "*.test"])


class Description:
    """What the API says of itself, with its references followed."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._schemas = document["components"]["schemas"]
        self.asked = [
            (method, path.removeprefix("/api/v1"), operation | {"parameters": self._parameters(ways, operation)})
            for path, ways in document["paths"].items()
            for method, operation in ways.items()
            if method in ("get", "post", "put", "patch", "delete")
            and (method, path.removeprefix("/api/v1")) not in LEFT_OUT
        ]

    @staticmethod
    def _parameters(ways: dict[str, Any], operation: dict[str, Any]) -> list[dict[str, Any]]:
        return [one for one in (*ways.get("parameters", ()), *operation.get("parameters", ())) if "name" in one]

    def body(self, operation: dict[str, Any]) -> st.SearchStrategy[Any]:
        """Documents that have the right names, mostly, and sometimes the right kinds."""
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return self._value(schema) | VALUES if schema else st.none()

    def _value(self, schema: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        if "allOf" in schema:
            return self._value(schema["allOf"][0], depth)
        if "properties" in schema and depth < 3:
            fields = {name: self._value(one, depth + 1) for name, one in schema["properties"].items()}
            needed = {name: one for name, one in fields.items() if name in schema.get("required", ())}
            return st.fixed_dictionaries(needed, optional={k: v for k, v in fields.items() if k not in needed})
        if "items" in schema and depth < 3:
            return st.lists(self._value(schema["items"], depth + 1), max_size=2)
        if "enum" in schema:
            return st.sampled_from(schema["enum"]) | VALUES
        return {"integer": NUMBERS, "boolean": st.booleans() | SCALARS}.get(str(schema.get("type")), TEXTS) | VALUES


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("api")
    if request.param == "sqlite":
        home = stores.on_sqlite(request.getfixturevalue("sqlite_template"), folder)
    else:
        home = stores.on_postgres(request.getfixturevalue("postgres_databases"), folder)
    with home as store, opened(store) as made:
        made.deliver("anna", mail())
        yield made


@pytest.fixture(scope="module")
def description(site: Site) -> Description:
    return Description(site.nobody.get("openapi.json").json or {})


def asked_for(description: Description, data: st.DataObject) -> tuple[str, str, dict[str, Any]]:
    """A request: method, path and what else goes with it."""
    method, path, operation = data.draw(st.sampled_from(description.asked))
    path = re.sub(r"\{[a-z_]+\}", lambda _: data.draw(PLACES), path)
    query = {
        one["name"]: data.draw(TEXTS.filter(str.isascii))
        for one in operation["parameters"]
        if one["in"] == "query" and data.draw(st.booleans())
    }
    body = data.draw(description.body(operation))
    headers = data.draw(
        st.dictionaries(st.sampled_from(["If-Match", "If-None-Match", "Range", "Accept-Language"]), HEADERS, max_size=2)
    )
    sent = {"data": data.draw(st.binary(max_size=200))} if body is None else {"data": json.dumps(body)}
    kind = "application/json" if body is not None else data.draw(st.sampled_from(["message/rfc822", "text/plain"]))
    return method, path.lstrip("/"), {"query_string": query, "headers": headers, "content_type": kind, **sent}


HEADERS = st.sampled_from(
    ['"1"', "*", 'W/"x"', '"', "bytes=0-", "bytes=-1", "bytes=9-1", f"bytes={HUGE}-", "zh-CN,en;q=x"]
)


@settings(max_examples=examples(80), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_question_is_answered(site: Site, description: Description, data: st.DataObject) -> None:
    method, path, more = asked_for(description, data)
    person = data.draw(st.sampled_from([site.root, site.root, site.dora, site.anna, site.otto, site.nobody]))
    answer = person.ask(method.upper(), path, **more)
    assert answer.status_code < 500, (method, path, more, answer.json)
    answer.close()
    assert site.anna.get("me").status_code == 200, "nobody has locked out who asks next"
