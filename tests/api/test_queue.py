"""The queue in the hands of system administrators."""

from __future__ import annotations

import pytest

from tests.api.test_drafts import begin
from tests.api.test_submissions import ELSEWHERE, send
from tests.support.site import Site
from tests.unit.reports.test_tls_finding import count


@pytest.fixture
def queued(site: Site) -> int:
    return int(send(site.anna, begin(site.anna, **ELSEWHERE))["id"])


def test_a_message_is_shown_with_its_recipients(site: Site, queued: int) -> None:
    found = site.root.get(f"queue/{queued}").json
    assert (found["subject"], found["held"], found["send_at"]) == ("你好", False, None)
    assert found["recipients"][0]["state"] == "waiting"


def test_a_message_is_held_released_tried_and_dropped(site: Site, queued: int) -> None:
    held = site.root.post(f"queue/{queued}/hold").json
    assert (held["held"], held["recipients"][0]["state"]) == (True, "held")
    assert site.root.post(f"queue/{queued}/release").json["held"] is False
    assert site.root.post(f"queue/{queued}/retry").status_code == 200
    assert site.root.delete(f"queue/{queued}").status_code == 204
    assert site.root.get(f"queue/{queued}").json["type"] == "/problems/no-such-queue-entry"


def test_the_queue_is_paged_and_filtered(site: Site) -> None:
    ids = [int(send(site.anna, begin(site.anna, **ELSEWHERE))["id"]) for _ in range(3)]
    first = site.root.get("queue?limit=2").json
    second = site.root.get(f"queue?limit=2&cursor={first['next']}").json
    assert [one["id"] for one in first["items"] + second["items"]] == ids
    assert (first["total"], second["next"]) == (3, None)
    assert site.root.get("queue?q=other.test").json["items"] == []


def test_orders_are_for_a_destination_a_recipient_or_a_user(site: Site, queued: int) -> None:
    domain = site.root.get(f"queue/{queued}").json["recipients"][0]["address"].partition("@")[2]
    assert site.root.get(f"queue?destination={domain}").json["items"][0]["id"] == queued
    assert site.root.get("queue?destination=nowhere.test").json["items"] == []
    assert site.root.post("queue/orders", {"order": "hold", "destination": domain}).json["recipients"] > 0
    assert site.root.get("queue?held=true").json["items"][0]["id"] == queued
    assert site.root.post("queue/orders", {"order": "release", "user": "anna@example.test"}).json["recipients"] > 0
    assert site.root.post("queue/orders", {"order": "expire", "id": queued}).json["recipients"] > 0
    [report] = site.root.get("queue").json["items"]
    assert (report["sender"], report["recipients"][0]["address"]) == ("", "anna@example.test")


def test_only_retry_is_for_everything(site: Site) -> None:
    assert site.root.post("queue/orders", {"order": "retry"}).json == {"recipients": 0}
    assert site.root.post("queue/orders", {"order": "delete"}).status_code == 422
    assert site.dora.post("queue/orders", {"order": "retry"}).status_code == 403


def test_tls_with_others_is_told_page_by_page(site: Site) -> None:
    with site.store.write() as tx:
        for number in range(3):
            count(tx, 20_000, f"{number}.test", "certificate-expired" if number else "")
    first = site.root.get("queue/tls?limit=2").json
    second = site.root.get(f"queue/tls?limit=2&cursor={first['next']}").json
    assert [one["domain"] for one in first["items"] + second["items"]] == ["0.test", "1.test", "2.test"]
    assert second["next"] is None
    assert first["items"][1] == {
        "day": "2024-10-04",
        "domain": "1.test",
        "policy": "sts",
        "lines": ["version: STSv1", "mode: enforce"],
        "result": "certificate-expired",
        "host": "mx.test",
        "address": "192.0.2.1",
        "reason": "It has expired",
        "sessions": 1,
    }
    assert [one["domain"] for one in site.root.get("queue/tls?failed=true&domain=2.test").json["items"]] == ["2.test"]


@pytest.mark.parametrize("cursor", ["x", "WzEsIDJd", "WyJhXG5iIiwgMV0", "WyJhXG5iXG5jXG5kXG5lIiwgLTFd"])
def test_a_cursor_that_is_not_ours_is_a_mistake(site: Site, cursor: str) -> None:
    assert site.root.get(f"queue/tls?cursor={cursor}").status_code == 422
