"""Reading again costs nothing while nothing has changed: ``If-None-Match`` on whatever gives JSON (RFC 9110 §13.1)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.site import Site, mail
from tests.unit.message.test_bounce import STRANGERS

READ = (
    *("domains", "domains/example.test", "domains/example.test/records", "users", "users/{user}", "aliases"),
    *("aliases/{alias}", "queue", "registrations", "transports", "transports/example.org", "sessions", "server"),
    *("me", "mailboxes", "mailboxes/{mailbox}", "mailboxes/{mailbox}/order", "messages?mailbox={mailbox}"),
    *("messages/{letter}", "messages/{letter}/headers", "search?q=x", "drafts/{draft}", "openapi.json"),
)
LETTER = {"to": [{"name": "", "address": "anna@example.test"}], "subject": "x", "text": "y"}


@pytest.fixture
def places(site: Site) -> dict[str, Any]:
    """Something behind every path, all of it the system administrator's."""
    alias = site.root.post("aliases", {"address": "a@example.test", "targets": ["anna@example.test"]})
    site.root.put("transports/example.org", {"host": "relay.example.net"})
    return {
        "alias": alias.json["id"],
        "user": site.root.user_id,
        "mailbox": site.mailbox("root", "INBOX"),
        "letter": site.deliver("root", mail("x")),
        "draft": site.root.post("drafts", LETTER).json["id"],
    }


def test_what_is_known_is_not_sent_again(site: Site, places: dict[str, Any]) -> None:
    for path in READ:
        place = path.format(**places)
        once_only(site, place)


def once_only(site: Site, place: str) -> None:
    shown = site.root.get(place)
    assert shown.status_code == 200, place
    tag = shown.headers["ETag"]
    again = site.root.get(place, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag), place
    assert site.root.get(place, headers={"If-None-Match": f"W/{tag}"}).status_code == 304  # a proxy has compressed it
    assert site.root.get(place, headers={"If-None-Match": '"other"'}).data == shown.data


def test_compressed_or_not_are_two_tags_of_one_version(site: Site) -> None:
    """RFC 9110 §8.8.3: a strong tag stands for the same octets; `conditional`, a version and a digest make tags."""
    packs, place = {"Accept-Encoding": "gzip"}, f"users/{site.root.user_id}"
    for path in ("openapi.json", place, "me"):
        plain = site.root.get(path)
        packed = site.root.get(path, headers=packs)
        assert plain.headers["ETag"] != packed.headers["ETag"]
        for one, headers in ((plain, {}), (packed, packs)):
            known = {**headers, "If-None-Match": one.headers["ETag"]}
            again = site.root.get(path, headers=known)
            assert (again.status_code, again.headers["ETag"]) == (304, one.headers["ETag"])
        assert site.root.get(path, headers={"If-None-Match": packed.headers["ETag"]}).data == plain.data
    assert packed.headers.get("Content-Encoding") is None  # too short
    for path, change in ((place, {"name": "Root"}), ("me", {"name": "Anna"})):
        tag = {"If-Match": site.root.get(path, headers=packs).headers["ETag"]}
        assert site.root.patch(path, change, headers=tag).status_code == 200
        assert site.root.patch(path, change, headers=tag).status_code == 412


def test_what_is_only_counted_changes_the_tag_and_not_the_version(site: Site) -> None:
    before = site.root.get("domains/example.test").headers["ETag"]
    site.root.post("aliases", {"address": "new@example.test", "targets": ["anna@example.test"]})
    after = site.root.get("domains/example.test", headers={"If-None-Match": before})
    assert (after.status_code, after.json["aliases"]) == (200, 1)
    change = {"over_quota_text": "Call 123"}
    assert site.root.patch("domains/example.test", change, headers={"If-Match": before}).status_code == 200
    assert site.root.patch("domains/example.test", change, headers={"If-Match": before}).status_code == 412


def test_a_head_has_the_tag_of_its_get(site: Site) -> None:
    """RFC 9110 §9.3.2"""
    for path in ("users", "domains/example.test"):
        tag = site.root.get(path).headers["ETag"]
        assert site.root.ask("HEAD", path).headers["ETag"] == tag
        assert site.root.ask("HEAD", path, headers={"If-None-Match": tag}).status_code == 304


def test_a_message_is_another_one_in_another_language(site: Site) -> None:
    """A report's reasons are told in words."""
    place = f"messages/{site.deliver('anna', STRANGERS)}"
    shown = site.anna.get(place, headers={"Accept-Language": "en"})
    assert "Accept-Language" in shown.headers["Vary"]
    known = {"If-None-Match": shown.headers["ETag"]}
    assert site.anna.get(place, headers={**known, "Accept-Language": "en"}).status_code == 304
    chinese = site.anna.get(place, headers={**known, "Accept-Language": "zh-CN"})
    assert chinese.json["report"]["recipients"][0]["reason"]["text"].startswith("该地址不存在")
    change = {"add": ["\\Seen"]}
    assert site.anna.patch(place, change, headers={"If-Match": chinese.headers["ETag"]}).status_code == 200
    assert site.anna.patch(place, change, headers={"If-Match": chinese.headers["ETag"]}).status_code == 412


def test_new_mail_changes_a_page(site: Site) -> None:
    page = f"messages?mailbox={site.mailbox('anna', 'INBOX')}"
    tag = site.anna.get(page).headers["ETag"]
    site.deliver("anna", mail("x"))
    assert site.anna.get(page, headers={"If-None-Match": tag}).json["total"] == 1


def test_a_problem_has_no_tag(site: Site) -> None:
    assert "ETag" not in site.root.get("domains/nowhere.test").headers
