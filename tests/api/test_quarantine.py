"""The quarantine in the hands of system administrators."""

from __future__ import annotations

import pytest

from mailnode.database import utcnow
from mailnode.delivery import quarantine
from mailnode.delivery.deliver import Mail
from mailnode.delivery.quarantine import Reason
from mailnode.queue.envelope import Recipient
from tests.support.site import Site

RAW = b"From: Eve <eve@a.test>\r\nSubject: Hello\r\n\r\nHello\r\n"


@pytest.fixture
def kept(site: Site) -> list[int]:
    reason = Reason("192.0.2.1", "junk_score", "The message has 9 points of 8", 9)
    with site.store.write() as tx:
        mail = Mail.of("eve@a.test", RAW)
        return [quarantine.put(tx, mail, [Recipient("anna@example.test")], reason, utcnow(), 30) for _ in range(3)]


def test_it_is_paged_newest_first(site: Site, kept: list[int]) -> None:
    first = site.root.get("quarantine?limit=2").json
    second = site.root.get(f"quarantine?limit=2&cursor={first['next']}").json
    assert [one["id"] for one in first["items"] + second["items"]] == kept[::-1]
    assert (first["total"], second["next"]) == (3, None)


def test_its_size_is_told_with_the_list(site: Site, kept: list[int]) -> None:
    page = site.root.get("quarantine?limit=1").json
    assert (page["size"], page["size_limit"]) == (len(kept) * len(RAW), 1 << 30)


def test_a_message_is_shown_with_the_reason_and_saved(site: Site, kept: list[int]) -> None:
    one = site.root.get(f"quarantine/{kept[0]}").json
    assert (one["reason"], one["score"], one["recipients"]) == (
        "The message has 9 points of 8", 9.0, ["anna@example.test"],
    )  # fmt: skip
    assert site.root.get(f"quarantine/{kept[0]}/raw").data == RAW


def test_it_is_released_or_forgotten_once(site: Site, kept: list[int]) -> None:
    queue_id = site.root.post(f"quarantine/{kept[0]}/release").json["queue_id"]
    assert site.root.get(f"queue/{queue_id}").json["recipients"][0]["address"] == "anna@example.test"
    assert site.root.delete(f"quarantine/{kept[1]}").status_code == 204
    for gone in kept[:2]:
        assert site.root.get(f"quarantine/{gone}").json["type"] == "/problems/not-in-quarantine"


def test_others_may_not_look(site: Site, kept: list[int]) -> None:
    assert {person.get(f"quarantine/{kept[0]}").status_code for person in (site.dora, site.anna)} == {403}
