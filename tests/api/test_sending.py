"""Limits of sending, frozen users and their release, by those who may."""

from __future__ import annotations

import pytest

from mailnode.database import utcnow
from mailnode.directory import edit
from mailnode.outbound import complaints, limits
from mailnode.outbound.models import USER
from tests.api.test_drafts import begin
from tests.api.test_submissions import ELSEWHERE, send
from tests.support.site import Site
from tests.unit.message.test_feedback import report

RAW = b"From: anna@example.test\r\nTo: far@elsewhere.test\r\nSubject: x\r\n\r\nx\r\n"


def send_raw(site: Site, raw: bytes = RAW) -> int:
    answer = site.anna.post("messages", data=raw, content_type="message/rfc822")
    return answer.status_code


@pytest.fixture
def frozen(site: Site) -> Site:
    """Anna has sent to one more than is never a burst."""
    with site.write() as tx:
        limits.change(tx, USER, site.anna.user_id, burst_recipients=1)
    assert [send_raw(site), send_raw(site)] == [202, 202]
    return site


def test_one_sees_ones_own_limits_and_what_was_sent(site: Site) -> None:
    send(site.anna, begin(site.anna, **ELSEWHERE))
    found = site.anna.get("me/sending").json
    assert found["limits"]["hourly_messages"] == limits.OF_A_USER.hourly_messages
    assert (found["sent"]["hourly_messages"], found["frozen"]) == (1, None)


def test_what_is_too_much_is_refused_for_now(site: Site) -> None:
    assert site.dora.patch(f"users/{site.anna.user_id}/sending", {"daily_messages": 1}).status_code == 200
    assert send_raw(site) == 202
    refused = site.anna.post("messages", data=RAW, content_type="message/rfc822", headers={"Accept-Language": "zh-CN"})
    assert (refused.status_code, refused.json["type"]) == (429, "/problems/sending-limited")
    assert refused.json["title"] == "您目前的发信量已达上限，请稍后再试"
    assert refused.json["detail"] == "您每天最多可发 1 封邮件，请稍后再试"


def test_the_domains_administrator_sees_why_and_releases_by_one_click(frozen: Site) -> None:
    [item] = frozen.dora.get("sending/frozen").json["items"]
    assert (item["name"], item["cause"], item["recipients"]) == ("anna@example.test", "burst", 2)
    assert frozen.anna.get("me/sending").json["frozen"]["cause"] == "burst"
    released = frozen.dora.post("sending/release", {"kind": "user", "name": "anna@example.test"})
    assert released.json == {"recipients": 2}
    assert frozen.dora.get("sending/frozen").json["items"] == []


def test_the_queue_says_what_it_is_held_for(frozen: Site) -> None:
    [*rows] = frozen.root.get("queue?held=true&user=anna@example.test").json["items"]
    assert {row["recipients"][0]["held_for"] for row in rows} == {f"user:{frozen.anna.user_id}"}
    assert len(rows) == 2


def test_only_system_administrators_freeze_what_concerns_everybody(site: Site) -> None:
    wanted = {"kind": "destination", "name": "elsewhere.test", "words": "their wish"}
    assert site.dora.post("sending/frozen", wanted).status_code == 403
    [made] = site.root.post("sending/frozen", wanted).json["items"]
    assert (made["name"], made["words"]) == ("elsewhere.test", "their wish")
    assert site.dora.get("sending/frozen").json["items"] == []


def test_nobody_freezes_users_of_other_domains(site: Site) -> None:
    assert site.dora.post("sending/frozen", {"kind": "user", "name": "otto@other.test"}).status_code == 403
    assert site.anna.post("sending/release", {"kind": "user", "name": "anna@example.test"}).status_code == 403
    assert site.root.post("sending/release", {"kind": "user", "name": "otto@other.test"}).status_code == 404


def test_a_domains_limits_are_for_each_or_for_all(site: Site) -> None:
    changed = site.dora.patch("domains/example.test/sending", {"each": {"hourly_messages": 7}}).json
    assert (changed["each"]["hourly_messages"], changed["own_each"]["hourly_messages"]) == (7, 7)
    assert site.dora.patch("domains/example.test/sending", {"together": {"daily_messages": 7}}).status_code == 403
    assert site.root.patch("domains/example.test/sending", {"together": {"daily_messages": 7}}).status_code == 200
    assert site.dora.get("domains/example.test/sending").json["limits"]["daily_messages"] == 7
    assert site.dora.patch("domains/example.test/sending", {"each": {"hourly_messages": -1}}).status_code == 422


def test_what_counts_where_nothing_is_set_is_told_beside_it(site: Site) -> None:
    domain, user = "domains/example.test/sending", f"users/{site.anna.user_id}/sending"
    site.root.patch(domain, {"each": {"hourly_messages": 7}, "together": {"hourly_messages": 70}})
    site.dora.patch(user, {"hourly_messages": 3})
    shown = site.dora.get(user).json
    assert (shown["limits"]["hourly_messages"], shown["usual"]["hourly_messages"]) == (3, 7)
    shown = site.dora.get(domain).json
    assert (shown["each"]["hourly_messages"], shown["usual_each"]["hourly_messages"]) == (7, 1000)
    assert (shown["limits"]["hourly_messages"], shown["usual"]["hourly_messages"]) == (70, 10_000)


def test_an_address_is_suppressed_seen_and_lifted(site: Site) -> None:
    wanted = {"domain": "example.test", "address": "far@elsewhere.test", "words": "asked for"}
    assert site.dora.post("sending/suppressed", wanted).status_code == 204
    refused = site.anna.post("messages", data=RAW, content_type="message/rfc822")
    assert (refused.status_code, refused.json["type"]) == (422, "/problems/suppressed")
    assert refused.json["detail"].endswith(": asked for")
    [item] = site.dora.get("sending/suppressed?q=FAR@").json["items"]
    assert site.dora.delete(f"sending/suppressed/{item['id']}").status_code == 204
    assert send_raw(site) == 202


def test_addresses_of_other_domains_are_others(site: Site) -> None:
    wanted = {"domain": "other.test", "address": "far@elsewhere.test"}
    assert site.dora.post("sending/suppressed", wanted).status_code == 403
    assert site.root.post("sending/suppressed", wanted).status_code == 204
    [item] = site.root.get("sending/suppressed").json["items"]
    assert site.dora.get("sending/suppressed").json["items"] == []
    assert site.dora.delete(f"sending/suppressed/{item['id']}").status_code == 403
    postmaster = {"domain": "example.test", "address": "postmaster@elsewhere.test"}
    assert site.dora.post("sending/suppressed", postmaster).json["type"] == "/problems/never-suppressed"


def test_complaints_are_shown_and_counted(site: Site) -> None:
    written = RAW.replace(b"far@elsewhere.test", b"far@provider.example\r\nMessage-ID: <one@example.com>")
    assert site.anna.post("messages", data=written, content_type="message/rfc822").status_code == 202
    with site.write() as tx:
        complaints.take_in(tx, edit.domain(tx, "example.test").id, report(), utcnow())
    found = site.dora.get("sending/complaints").json
    assert (found["items"][0]["recipient"], found["next"]) == ("far@provider.example", None)
    assert found["counts"] == [{"user": "anna@example.test", "number": 1}]
