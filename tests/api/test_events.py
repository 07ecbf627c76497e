"""Changes, asked for and told as they happen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from backend import feed, streaming
from backend.resources import events
from tests.support.site import Person, Site, mail


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(streaming, "PING", 0.1)


def heard(person: Person, query: str = "", **headers: str) -> Iterator[tuple[str, Any, int]]:
    """The events of a stream: name, data, id."""
    answer = person.get(f"events{query}", headers=headers, buffered=False)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    for block in answer.response:  # type: ignore[union-attr]
        for part in (block.decode() if isinstance(block, bytes) else block).split("\n\n"):
            lines = dict(line.split(": ", 1) for line in part.splitlines())
            if "event" in lines:
                yield lines["event"], json.loads(lines["data"]), int(lines["id"])
            elif "" in lines:
                yield "ping", lines[""], 0


def changes(person: Person, since: int, limit: int = 1000) -> dict[str, Any]:
    return person.get(f"changes?since={since}&limit={limit}").json  # type: ignore[return-value]


def test_changes_are_told_by_mailbox(both: Site) -> None:
    before = changes(both.anna, 0)["modseq"]
    kept, gone = both.deliver("anna", mail("A")), both.deliver("anna", mail("B"))
    both.anna.patch(f"messages/{kept}", {"add": ["\\Seen"]})
    both.anna.post("messages/actions", {"action": "delete", "ids": [gone]})
    found = changes(both.anna, before)
    assert [found[name] for name in ("more", "reset", "tree")] == [False, False, False]
    assert found["mailboxes"][0]["added"] == [kept]
    assert (found["mailboxes"][0]["total"], found["mailboxes"][0]["unread"]) == (1, 0)
    assert changes(both.anna, found["modseq"])["mailboxes"] == []


def test_flags_and_removals_of_known_messages_are_told(site: Site) -> None:
    kept, gone = site.deliver("anna", mail()), site.deliver("anna", mail())
    before = changes(site.anna, 0)["modseq"]
    site.anna.patch(f"messages/{kept}", {"add": ["\\Flagged"]})
    site.anna.post("messages/actions", {"action": "delete", "ids": [gone]})
    change = changes(site.anna, before)["mailboxes"][0]
    assert change["changed"] == [{"id": kept, "flags": ["\\Flagged"]}]
    assert change["removed"] == [gone]


def test_a_long_telling_is_continued(site: Site) -> None:
    before = changes(site.anna, 0)["modseq"]
    ids = [site.deliver("anna", mail()) for _ in range(5)]
    found, told = changes(site.anna, before, 2), []
    while True:
        told += [id_ for one in found["mailboxes"] for id_ in one["added"]]
        if not found["more"]:
            break
        found = changes(site.anna, found["modseq"], 2)
    assert told == ids


def test_one_change_longer_than_a_telling_is_a_reset(site: Site) -> None:
    ids = [site.deliver("anna", mail()) for _ in range(5)]
    before = changes(site.anna, 0)["modseq"]
    site.anna.post("messages/actions", {"action": "flag", "ids": ids, "add": ["\\Seen"]})
    assert changes(site.anna, before, 2)["reset"] is True


def test_a_future_is_a_reset(site: Site) -> None:
    assert changes(site.anna, 10**9)["reset"] is True


def test_a_new_mailbox_changes_the_tree(site: Site) -> None:
    before = changes(site.anna, 0)["modseq"]
    site.anna.post("mailboxes", {"name": "Work"})
    assert changes(site.anna, before)["tree"] is True


def test_a_stream_tells_what_happens(both: Site) -> None:
    stream = heard(both.anna)
    name, data, modseq = next(stream)
    assert (name, data["modseq"]) == ("hello", modseq)
    delivered = both.deliver("anna", mail("News"))
    name, data, later = next(one for one in stream if one[0] != "ping")
    assert (name, data["added"]) == ("change", [delivered])
    assert data["added_rows"][0]["subject"] == "News"
    assert later > modseq


def test_a_stream_replays_what_was_missed(site: Site) -> None:
    before = changes(site.anna, 0)["modseq"]
    site.deliver("anna", mail("Missed"))
    for query, headers in (("", {"Last-Event-ID": str(before)}), (f"?since={before}", {})):
        stream = heard(site.anna, query, **headers)
        assert next(stream)[2] == before
        assert next(stream)[1]["added_rows"][0]["subject"] == "Missed"


def test_a_quiet_stream_pings(site: Site) -> None:
    stream = heard(site.anna)
    next(stream)
    assert next(stream)[:2] == ("ping", "ping")


def test_a_stream_ends_with_its_session(site: Site) -> None:
    stream = heard(site.anna)
    next(stream)
    site.anna.delete("sessions/current")
    assert [name for name, _, _ in stream if name != "ping"] == ["bye"]


def test_a_stream_tells_nothing_of_others(site: Site) -> None:
    stream = heard(site.anna)
    next(stream)
    site.deliver("bert", mail())
    assert next(stream)[0] == "ping"


def test_a_gap_too_long_is_a_reset(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "LIMIT", 2)
    ids = [site.deliver("anna", mail()) for _ in range(5)]
    before = changes(site.anna, 0)["modseq"]
    site.anna.post("messages/actions", {"action": "flag", "ids": ids, "add": ["\\Seen"]})
    with site.store.read() as tx:
        assert streaming.telling(tx, site.anna.user_id, before).text.startswith("id:")
        assert feed.since(tx, site.anna.user_id, before, 2).reset


def test_a_false_last_event_id_is_ignored(site: Site) -> None:
    assert next(heard(site.anna, **{"Last-Event-ID": "nonsense"}))[0] == "hello"
