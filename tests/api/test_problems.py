"""Every error is a problem document, in two languages, with pointers."""

from __future__ import annotations

import inspect
import io
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from backend import problems, titles
from backend.app import create_app
from mailnode import errors, sentences
from mailnode.errors import MailError
from mailnode.store import mailboxes
from tests.support.site import API, Site
from tests.support.store import Store

KINDS = sorted({one.kind for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, MailError)})


@pytest.mark.parametrize("kind", KINDS)
def test_every_refusal_is_said_in_chinese(kind: str) -> None:
    assert kind in sentences.CHINESE


def test_there_is_no_chinese_without_a_refusal() -> None:
    assert set(sentences.CHINESE) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(set(problems.KINDS.values())))
def test_every_kind_of_http_is_said_in_both_languages(kind: str) -> None:
    assert titles.title_of(kind, "en")
    assert titles.title_of(kind, "zh")


@pytest.mark.parametrize(
    ("wanted", "title"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "没有此邮件"),
        ("zh", "没有此邮件"),
        ("en-GB", "There is no such message"),
        ("de,fr", "There is no such message"),
        ("", "There is no such message"),
        ("en;q=0.1, zh;q=0.9", "没有此邮件"),
        ("\x7f;;q=x", "There is no such message"),
    ],
)
def test_the_title_is_in_the_language_of_the_request(site: Site, wanted: str, title: str) -> None:
    answer = site.anna.get("messages/9.9", headers={"Accept-Language": wanted})
    assert answer.json == {"type": "/problems/no-such-message", "title": title, "status": 404}
    assert "Accept-Language" in answer.headers["Vary"]


def test_the_media_type_is_that_of_problems(site: Site) -> None:
    for method, path, status in (
        ("GET", f"{API}/nothing", 404),
        ("GET", "/nothing", 404),
        ("PUT", f"{API}/me", 405),
        ("GET", f"{API}/users", 403),
        ("GET", f"{API}/search", 422),
    ):
        answer = site.anna.ask(method, path)
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json")


@pytest.mark.parametrize(
    ("body", "kind", "status", "problem"),
    [
        (b"{", "application/json", 400, "not-json"),
        (b"\xff\xfe", "application/json", 400, "not-json"),
        (b"name=x", "application/x-www-form-urlencoded", 415, "not-json"),
        (b"[]", "application/json", 422, "invalid"),
        (b"null", "application/json", 422, "invalid"),
        (b'"text"', "application/json", 422, "invalid"),
        (b"[" * 100_000, "application/json", 400, "not-json"),
        (b"", "application/json", 422, "invalid"),
        (b'{"name": ' + b"1" * 10_000 + b"}", "application/json", 400, "not-json"),
        (rb'{"name": "\ud800"}', "application/json", 400, "not-json"),
        (rb'{"\uDC00": 1}', "application/json", 400, "not-json"),
        (b'{"name": 1e999}', "application/json", 422, "invalid"),
    ],
)
def test_any_body_at_all_is_answered(site: Site, body: bytes, kind: str, status: int, problem: str) -> None:
    answer = site.anna.post("mailboxes", data=body, content_type=kind)
    assert (answer.status_code, answer.json["type"]) == (status, f"/problems/{problem}")


@pytest.mark.parametrize("body", [b"name=x", rb'{"name": "\ud800"}'])
def test_a_body_in_chunks_is_looked_at_like_any_other(site: Site, body: bytes) -> None:
    """Its length is not known before it is read."""
    chunks = {"input_stream": io.BytesIO(body), "environ_overrides": {"wsgi.input_terminated": True}}
    assert site.anna.post("mailboxes", content_type="text/plain", **chunks).status_code == 415


def test_pointers_name_the_member(site: Site) -> None:
    body = {"to": [{"address": "a@b.test"}, {"name": 1}], "attachments": [{}], "a/b~c": 1}
    found = {one["pointer"] for one in site.anna.post("drafts", body).json["errors"]}
    assert found == {"#/to/1/name", "#/to/1/address", "#/attachments/0/upload", "#/a~1b~0c"}


def test_a_bug_of_ours_says_nothing_of_itself(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("mailnode.store.mailboxes.tree", broken)
    answer = site.anna.get("mailboxes")
    assert (answer.status_code, answer.json["type"]) == (500, "/problems/internal")
    assert b"secret" not in answer.data


def test_a_request_that_lost_a_deadlock_is_repeated(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def unlucky(tx: Session, user_id: int, name: str, *more: Any, **named: Any) -> mailboxes.MailboxRow:
        tries.append(name)
        if len(tries) < 3:
            raise OperationalError("INSERT", {}, Exception("database is locked"))
        return real(tx, user_id, name, *more, **named)

    real = mailboxes.create
    monkeypatch.setattr(mailboxes, "create", unlucky)
    assert site.anna.post("mailboxes", {"name": "Work"}).status_code == 201
    assert len(tries) == 3


def test_a_refusal_of_one_s_own_words_has_them_as_detail(site: Site) -> None:
    site.root.patch("domains/example.test", {"over_quota_text": "Call 123"}, headers={"If-Match": "*"})
    site.root.patch(f"users/{site.anna.user_id}", {"quota_bytes": 10}, headers={"If-Match": "*"})
    answer = site.anna.post("drafts", {"subject": "x"})
    assert (answer.status_code, answer.json["detail"]) == (507, "Call 123")


def test_a_large_body_is_refused(site: Site) -> None:
    answer = site.anna.post("drafts", data=b'"' + b"x" * 5_000_000, content_type="application/json")
    assert (answer.status_code, answer.json["type"]) == (413, "/problems/too-large")


def test_answers_of_the_api_are_not_kept_and_not_framed(site: Site) -> None:
    headers = site.anna.get("sessions").headers
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_two_applications_live_beside_each_other(sqlite_store: Store, site: Site) -> None:
    other = create_app(sqlite_store.settings)
    assert other.test_client().get(f"{API}/health").status_code == 200
