"""Mail as it was, for users themselves and for those who administer them."""

from __future__ import annotations

from sqlalchemy import update

from backend import streaming
from mailnode.store import entries, mailboxes, retention
from mailnode.store.models import Journal, UserCounter
from mailnode.store.retention import Due
from tests.support.site import Site, mail

AT = {"at": "1h"}


def make_past(site: Site) -> None:
    """What there is has been there for two days."""
    with site.write() as tx:
        tx.execute(update(Journal).values(at=Journal.at - 2 * 86_400))
        tx.execute(update(UserCounter).values(kept_since=UserCounter.kept_since - 2 * 86_400))


def empty(site: Site, name: str = "anna") -> None:
    with site.write() as tx:
        user_id = site.people[name].user_id
        entries.expunge(tx, user_id, mailboxes.by_name(tx, user_id, "INBOX").id, only_deleted=False)


def test_what_a_client_has_deleted_comes_back(site: Site) -> None:
    first = site.deliver("anna", mail("One"))
    site.deliver("anna", mail("Two"))
    make_past(site)
    empty(site)
    told = site.anna.post("me/restorations", {**AT, "dry_run": True}).json
    assert (told["returned"], told["lost"], told["more"]) == (2, 0, False)
    assert told["messages"][0]["id"] == first
    assert told["messages"][0]["subject"] == "One"
    assert site.anna.get("me").json["quota"]["used_messages"] == 0
    done = site.anna.post("me/restorations", AT).json
    assert (done["returned"], done["dry_run"]) == (2, False)
    assert site.anna.get("me").json["quota"]["used_messages"] == 2
    assert site.anna.post("me/restorations", AT).json["returned"] == 0


def test_single_messages_and_a_mailbox_of_its_own(site: Site) -> None:
    first = site.deliver("anna", mail("One"))
    site.deliver("anna", mail("Two"))
    make_past(site)
    empty(site)
    assert site.anna.post("me/restorations", {**AT, "messages": [first]}).json["returned"] == 1
    assert site.anna.post("me/restorations", {**AT, "mailbox": "Archive"}).json["returned"] == 0
    assert site.anna.post("me/restorations", {**AT, "mailbox": "inbox"}).json["returned"] == 1


def test_a_removed_mailbox_is_told_and_made_again(site: Site) -> None:
    make_past(site)
    with site.write() as tx:
        entries.remove_mailbox(tx, site.anna.user_id, "Archive")
    told = site.anna.post("me/restorations", {**AT, "dry_run": True}).json
    assert told["tree"] == [{"change": "make", "name": "Archive", "was": None}]
    assert site.anna.post("me/restorations", AT).json["mailboxes"] == 1
    assert "Archive" in {box["name"] for box in site.anna.get("mailboxes").json["items"]}


def test_what_is_kept_is_shown_beside_the_quota(site: Site) -> None:
    site.deliver("anna", mail())
    empty(site)
    room = site.anna.get("me").json["quota"]
    assert (room["used_bytes"], room["kept_messages"]) == (0, 1)
    assert room["kept_bytes"] > 0
    assert room["kept_since"].endswith("Z")


def test_an_administrator_restores_and_reads_nothing(site: Site) -> None:
    site.deliver("anna", mail("Secret"))
    make_past(site)
    empty(site)
    told = site.dora.post(f"users/{site.anna.user_id}/restorations", {**AT, "dry_run": True})
    assert told.json["returned"] == 1
    assert b"Secret" not in told.data
    assert site.dora.post(f"users/{site.anna.user_id}/restorations", AT).json["returned"] == 1
    assert site.dora.post(f"users/{site.otto.user_id}/restorations", AT).status_code == 403


def test_attack_nobody_restores_somebody_else_s_messages(site: Site) -> None:
    theirs = site.deliver("bert", mail("Secret"))
    make_past(site)
    empty(site, "bert")
    told = site.anna.post("me/restorations", {**AT, "messages": [theirs], "dry_run": True}).json
    assert (told["messages"], told["returned"], told["lost"]) == ([], 0, 0)


def test_what_cannot_be_is_said(site: Site) -> None:
    for body, code in (
        ({"at": "yesterday"}, 422),
        ({"at": "2040-01-01T00:00:00Z"}, 422),
        ({"at": "90d"}, 410),
        ({"at": "0s", "mailbox": "Nowhere"}, 404),
        ({"at": "0s", "messages": ["nonsense"]}, 404),
        ({"at": "0s", "messages": ["1.1"], "mailbox": "INBOX"}, 422),
    ):
        assert site.anna.post("me/restorations", body).status_code == code, body


def test_a_domain_says_how_long(site: Site) -> None:
    assert site.dora.get("domains/example.test").json["retention_days"] == 30
    for days, code in ((90, 200), (4000, 422)):
        answer = site.dora.patch("domains/example.test", {"retention_days": days}, headers={"If-Match": "*"})
        assert answer.status_code == code
    assert site.dora.get("domains/example.test").json["retention_days"] == 90


def test_whoever_asks_for_changes_that_are_forgotten_loads_everything_again(site: Site) -> None:
    site.deliver("anna", mail())
    known = site.anna.get("mailboxes").json["modseq"]
    site.deliver("anna", mail())
    assert site.anna.get(f"changes?since={known}").json["reset"] is False
    with site.write() as tx:
        assert retention.prune(tx, Due(site.anna.user_id, before=2**40, room=0))
    assert site.anna.get(f"changes?since={known}").json["reset"] is True
    with site.store.read() as tx:
        assert "event: reset\n" in streaming.telling(tx, site.anna.user_id, known).text
    latest = site.anna.get("mailboxes").json["modseq"]
    assert site.anna.get(f"changes?since={latest}").json["reset"] is False
