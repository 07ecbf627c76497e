"""Who may call what: every route, asked by everybody.

A route that is not in the table fails the test; so does one whose answer is not the one told here.
What a route does with rows of others is tested where the route is.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.api.test_drafts import TEXT
from tests.support.site import API, Site, mail

NOT_ROUTES = {("GET", "/"), ("GET", "/<path:path>"), ("GET", f"{API}/openapi.json")}
ROLES = ("nobody", "otto", "anna", "dora", "root")
REFUSED = {401: "unauthorized", 403: "forbidden"}


@dataclass(frozen=True, slots=True)
class Route:
    """``codes``: what nobody, a user of another domain, a user, the domain's and a system administrator get."""

    method: str
    rule: str
    codes: tuple[int, int, int, int, int]
    path: str = ""  # where it differs from the rule
    body: object = None


def anyone(method: str, rule: str, code: int = 200, **more: object) -> Route:
    return Route(method, rule, (code,) * 5, **more)  # type: ignore[arg-type]


def user(method: str, rule: str, code: int = 200, **more: object) -> Route:
    return Route(method, rule, (401, code, code, code, code), **more)  # type: ignore[arg-type]


def domain(method: str, rule: str, code: int = 200, **more: object) -> Route:
    return Route(method, rule, (401, 403, 403, code, code), **more)  # type: ignore[arg-type]


def system(method: str, rule: str, code: int = 200, **more: object) -> Route:
    return Route(method, rule, (401, 403, 403, 403, code), **more)  # type: ignore[arg-type]


ROUTES = (
    anyone("POST", "/sessions", 422, body={}),
    Route("POST", "/sessions/refresh", (401,) * 5),  # nobody here has a refresh token
    user("GET", "/sessions"),
    user("DELETE", "/sessions/current", 204),
    user("DELETE", "/sessions/<session_id>", 404, path="/sessions/x"),
    user("GET", "/me"),
    user("PATCH", "/me", body={}),
    user("PUT", "/me/password", 422, body={}),
    user("GET", "/me/recipients"),
    user("GET", "/me/sending"),
    user("GET", "/me/filter"),
    user("DELETE", "/me/filter", 204),
    user("POST", "/me/restorations", body={"at": "0s", "dry_run": True}),
    anyone("GET", "/registrations/domains"),
    anyone("GET", "/registrations/challenge"),
    anyone("POST", "/registrations", 422, body={}),
    domain("GET", "/registrations"),
    domain("POST", "/registrations/<int:registration_id>/approval", 404, path="/registrations/9/approval"),
    domain("DELETE", "/registrations/<int:registration_id>", 404, path="/registrations/9"),
    user("GET", "/mailboxes"),
    user("POST", "/mailboxes", 201, body={"name": "Made"}),
    user("GET", "/mailboxes/<int:mailbox_id>", 404, path="/mailboxes/999"),
    user("PATCH", "/mailboxes/<int:mailbox_id>", 404, path="/mailboxes/999", body={}),
    user("DELETE", "/mailboxes/<int:mailbox_id>", 404, path="/mailboxes/999"),
    user("POST", "/mailboxes/<int:mailbox_id>/empty", 404, path="/mailboxes/999/empty"),
    user("POST", "/mailboxes/<int:mailbox_id>/read", 404, path="/mailboxes/999/read"),
    user("GET", "/mailboxes/<int:mailbox_id>/order", 404, path="/mailboxes/999/order"),
    user("GET", "/mailboxes/<int:mailbox_id>/rights", 404, path="/mailboxes/999/rights"),
    user("GET", "/mailboxes/<int:mailbox_id>/rights/<identifier>", 404, path="/mailboxes/999/rights/anyone"),
    user(
        "PUT",
        "/mailboxes/<int:mailbox_id>/rights/<identifier>",
        404,
        path="/mailboxes/999/rights/anyone",
        body={"rights": "l"},
    ),
    user("DELETE", "/mailboxes/<int:mailbox_id>/rights/<identifier>", 404, path="/mailboxes/999/rights/anyone"),
    user("GET", "/messages", path="/messages?ids=1.1"),
    Route("GET", "/messages/<message_id>", (401, 404, 200, 404, 404), path="/messages/{letter}"),
    Route("PATCH", "/messages/<message_id>", (401, 404, 200, 404, 404), path="/messages/{letter}", body={}),
    Route("GET", "/messages/<message_id>/raw", (401, 404, 200, 404, 404), path="/messages/{letter}/raw"),
    Route("GET", "/messages/<message_id>/headers", (401, 404, 200, 404, 404), path="/messages/{letter}/headers"),
    Route("GET", "/messages/<message_id>/parts/<part>", (401, 404, 200, 404, 404), path="/messages/{letter}/parts/1"),
    user("POST", "/messages/actions", body={"action": "delete", "ids": ["{letter}"]}),
    user("GET", "/search", path="/search?q=x"),
    user("POST", "/drafts", 201, body=TEXT),
    Route("GET", "/drafts/<draft_id>", (401, 404, 200, 404, 404), path="/drafts/{draft}"),
    Route("PUT", "/drafts/<draft_id>", (401, 404, 200, 404, 404), path="/drafts/{draft}", body=TEXT),
    Route("DELETE", "/drafts/<draft_id>", (401, 404, 204, 404, 404), path="/drafts/{draft}"),
    Route("POST", "/drafts/<draft_id>/send", (401, 404, 202, 404, 404), path="/drafts/{draft}/send", body={}),
    user("POST", "/uploads", 201),
    Route("GET", "/uploads/<upload_id>", (401, 404, 200, 404, 404), path="/uploads/{upload}"),
    Route("DELETE", "/uploads/<upload_id>", (401, 404, 204, 404, 404), path="/uploads/{upload}"),
    user("GET", "/submissions"),
    user("DELETE", "/submissions/<submission_id>", 404, path="/submissions/9"),
    user("POST", "/messages", 422),
    user("GET", "/changes", path="/changes?since=0"),
    user("GET", "/events"),
    user("GET", "/image-proxy", 403, path="/image-proxy?url=http://127.0.0.1/"),
    domain("GET", "/domains"),
    system("POST", "/domains", 201, body={"name": "made.test"}),
    domain("GET", "/domains/<name>", path="/domains/example.test"),
    domain("PATCH", "/domains/<name>", path="/domains/example.test", body={}),
    system("DELETE", "/domains/<name>", 422, path="/domains/example.test"),
    domain("GET", "/domains/<name>/records", path="/domains/example.test/records"),
    domain("POST", "/domains/<name>/check", path="/domains/example.test/check"),
    domain("GET", "/domains/<name>/reports/<kind>", path="/domains/example.test/reports/dmarc"),
    domain("GET", "/domains/<name>/reports/<kind>/summary", path="/domains/example.test/reports/tls/summary"),
    domain("GET", "/domains/<name>/reports/<int:report_id>", 404, path="/domains/example.test/reports/9"),
    domain("POST", "/domains/<name>/dkim-rotation", path="/domains/example.test/dkim-rotation"),
    domain("GET", "/users"),
    domain("POST", "/users", 201, body={"address": "made@example.test", "password": "long enough"}),
    domain("GET", "/users/<int:user_id>", path="/users/{anna}"),
    domain("PATCH", "/users/<int:user_id>", path="/users/{anna}", body={}),
    domain(
        "POST",
        "/users/<int:user_id>/restorations",
        path="/users/{bert}/restorations",
        body={"at": "0s", "dry_run": True},
    ),
    domain(
        "PUT", "/users/<int:user_id>/password", 204, path="/users/{bert}/password", body={"password": "long enough"}
    ),
    domain("DELETE", "/users/<int:user_id>", 422, path="/users/{anna}"),
    domain("GET", "/users/<int:user_id>/sending", path="/users/{anna}/sending"),
    domain("PATCH", "/users/<int:user_id>/sending", path="/users/{anna}/sending", body={}),
    domain("GET", "/domains/<name>/sending", path="/domains/example.test/sending"),
    domain("PATCH", "/domains/<name>/sending", path="/domains/example.test/sending", body={}),
    domain("GET", "/sending/frozen"),
    domain("POST", "/sending/frozen", 422, body={}),
    domain("POST", "/sending/release", 422, body={}),
    domain("GET", "/sending/suppressed"),
    domain("POST", "/sending/suppressed", 422, body={}),
    domain("DELETE", "/sending/suppressed/<int:suppression_id>", 404, path="/sending/suppressed/9"),
    domain("GET", "/sending/complaints"),
    system("GET", "/quarantine"),
    system("GET", "/quarantine/<int:quarantined_id>", 404, path="/quarantine/9"),
    system("GET", "/quarantine/<int:quarantined_id>/raw", 404, path="/quarantine/9/raw"),
    system("POST", "/quarantine/<int:quarantined_id>/release", 404, path="/quarantine/9/release"),
    system("DELETE", "/quarantine/<int:quarantined_id>", 404, path="/quarantine/9"),
    system("GET", "/transports"),
    system("PUT", "/transports/<pattern>", 422, path="/transports/away.test", body={"port": 0}),
    system("GET", "/transports/<pattern>", 404, path="/transports/none.test"),
    system("DELETE", "/transports/<pattern>", 404, path="/transports/none.test"),
    system("GET", "/queue/destinations"),
    system("GET", "/queue/tls"),
    system("POST", "/queue/orders", body={"order": "retry"}),
    domain("GET", "/aliases"),
    domain("POST", "/aliases", 201, body={"address": "made@example.test", "targets": ["a@b.test"]}),
    domain("GET", "/aliases/<int:alias_id>", path="/aliases/{alias}"),
    domain("PATCH", "/aliases/<int:alias_id>", path="/aliases/{alias}", body={"targets": ["a@b.test"]}),
    domain("DELETE", "/aliases/<int:alias_id>", 204, path="/aliases/{alias}"),
    user("GET", "/history"),
    user("GET", "/history/<int:row_id>", 404, path="/history/9"),
    system("GET", "/queue"),
    system("GET", "/queue/<int:queue_id>", 404, path="/queue/9"),
    system("POST", "/queue/<int:queue_id>/retry", 404, path="/queue/9/retry"),
    system("POST", "/queue/<int:queue_id>/hold", 404, path="/queue/9/hold"),
    system("POST", "/queue/<int:queue_id>/release", 404, path="/queue/9/release"),
    system("DELETE", "/queue/<int:queue_id>", 404, path="/queue/9"),
    anyone("GET", "/health"),
    anyone("GET", "/server"),
    anyone("GET", "/metrics"),
)


def test_every_route_of_the_code_is_in_the_table(site: Site) -> None:
    """Outside the API are the web client, and what other programs ask for at addresses of theirs."""
    code = {
        (method, rule.rule)
        for rule in site.app.url_map.iter_rules()
        if not rule.endpoint.startswith("client_settings.")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert {(route.method, API + route.rule) for route in ROUTES} == code - NOT_ROUTES


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.rule}")
def test_everybody_gets_what_is_theirs(site: Site, route: Route) -> None:
    site.app.config["MAILNODE"] = site.store.settings.model_copy(update={"nameservers": ("127.0.0.1:1",)})
    things = [made(site, role) for role in ROLES]
    for role, code, names in zip(ROLES, route.codes, things, strict=True):
        path = (route.path or route.rule).format(**names).removeprefix("/")
        person = getattr(site, role)
        answer = person.ask(route.method, path, headers={"If-Match": "*"}, **_body(route, names), buffered=False)
        assert answer.status_code == code, (role, answer.status_code)
        if code in REFUSED and not path.startswith("image-proxy"):
            assert answer.json["type"] == f"/problems/{REFUSED[code]}"
        answer.close()
        if code == 201 and route.rule in ("/users", "/aliases"):  # the next one makes it again
            site.root.delete(f"{route.rule}/{answer.json['id']}?confirm={answer.json['address']}".removeprefix("/"))


def _body(route: Route, names: dict[str, object]) -> dict[str, object]:
    if route.rule == "/messages/actions":
        return {"json": {"action": "delete", "ids": [names["letter"]]}}
    return {"json": route.body} if route.body is not None else {}


def made(site: Site, role: str) -> dict[str, object]:
    """Things of Anna, and an alias of example.test, for one who asks."""
    alias = {"address": f"of-{role}@example.test", "targets": ["anna@example.test"]}
    return {
        "letter": site.deliver("anna", mail()),
        "draft": site.anna.post("drafts", TEXT).json["id"],
        "upload": site.anna.post("uploads", data=b"x").json["id"],
        "alias": site.root.post("aliases", alias).json["id"],
        "anna": site.anna.user_id,
        "bert": site.bert.user_id,
    }
