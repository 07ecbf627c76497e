"""Sending: at once, with second thoughts, later; and what the recipients get."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mailnode.database import utcnow
from mailnode.queue import spool
from tests.api.test_drafts import TEXT, begin, in_drafts, upload
from tests.support.site import Person, Site, mail

ELSEWHERE = {"to": [{"address": "carl@elsewhere.test"}]}


def send(person: Person, draft: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = person.post(f"drafts/{draft['id']}/send", more)
    assert answer.status_code == 202, answer.json
    return answer.json  # type: ignore[return-value]


def rows(site: Site, name: str, mailbox: str = "INBOX") -> list[dict[str, Any]]:
    return site.people[name].get(f"messages?mailbox={site.mailbox(name, mailbox)}").json["items"]


def test_a_local_recipient_has_it_at_once(both: Site) -> None:
    sent = send(both.anna, begin(both.anna, attachments=[{"upload": upload(both.anna)}]))
    assert sent == {**sent, "id": None, "cancellable": False, "send_at": None}
    got = rows(both, "bert")[0]
    assert (got["subject"], got["has_attachments"]) == ("你好", True)
    assert in_drafts(both) == []
    assert rows(both, "anna", "Sent")[0]["id"] == sent["sent_message_id"]


def test_from_where_a_message_was_sent_is_in_the_history(both: Site) -> None:
    """A stolen password is used from somewhere."""
    send(both.anna, begin(both.anna, **ELSEWHERE))
    raw = b"From: anna@example.test\r\nTo: carl@elsewhere.test\r\nSubject: x\r\n\r\n"
    both.anna.post("messages", data=raw, headers={"Content-Type": "message/rfc822"})
    rows = both.root.get("history?address=carl@elsewhere.test").json["items"]
    told = "from 127.0.0.1, logged in as anna@example.test, over HTTP"
    assert [row["client"]["sentence"] for row in rows] == [told, told]


def test_what_went_to_the_host_itself_is_found_by_its_address(both: Site) -> None:
    own = f"MAILER-DAEMON@{both.store.settings.hostname}"
    assert send(both.anna, begin(both.anna, to=[{"address": own}]))["id"] is None
    [row] = both.root.get(f"history?address={own}").json["items"]
    assert row["steps"][0]["target"] == "root@example.test"


def test_a_remote_recipient_waits_in_the_queue(both: Site) -> None:
    sent = send(both.anna, begin(both.anna, **ELSEWHERE))
    queued = both.root.get(f"queue/{sent['id']}").json
    assert queued["sender"] == "anna@example.test"
    assert [one["address"] for one in queued["recipients"]] == ["carl@elsewhere.test"]


def test_bcc_is_kept_in_sent_and_shown_to_nobody_else(site: Site) -> None:
    sent = send(site.anna, begin(site.anna, bcc=[{"address": "otto@other.test"}]))
    assert site.anna.get(f"messages/{sent['sent_message_id']}").json["bcc"][0]["address"] == "otto@other.test"
    for name in ("bert", "otto"):
        raw = site.people[name].get(f"messages/{rows(site, name)[0]['id']}/raw").data
        assert b"otto@other.test" not in raw.split(b"\r\nDate:")[1]


def test_an_address_named_twice_gets_one_copy(site: Site) -> None:
    send(site.anna, begin(site.anna, cc=[{"address": "BERT@example.test"}]))
    assert len(rows(site, "bert")) == 1


def test_second_thoughts_bring_the_draft_back_as_it_was(both: Site) -> None:
    draft = begin(both.anna, attachments=[{"upload": upload(both.anna)}])
    sent = send(both.anna, draft, delay_seconds=30)
    assert sent["cancellable"] is True
    assert (rows(both, "bert"), in_drafts(both)) == ([], [])
    assert [one["id"] for one in both.anna.get("submissions").json["items"]] == [sent["id"]]
    back = both.anna.delete(f"submissions/{sent['id']}")
    same = {name: value for name, value in draft.items() if name not in ("version", "updated_at", "message_id")}
    assert {name: back.json[name] for name in same} == same
    assert (len(in_drafts(both)), rows(both, "anna", "Sent")) == (1, [])
    assert both.root.get("queue").json["total"] == 0


def test_a_message_brought_back_can_be_sent_again(site: Site) -> None:
    draft = begin(site.anna)
    site.anna.delete(f"submissions/{send(site.anna, draft, delay_seconds=30)['id']}")
    send(site.anna, draft)
    assert len(rows(site, "bert")) == 1


def test_what_has_begun_to_leave_is_not_brought_back(site: Site) -> None:
    sent = send(site.anna, begin(site.anna, **ELSEWHERE), delay_seconds=1)
    with site.write() as tx:
        assert spool.claim(tx, "worker", utcnow() + timedelta(seconds=5), limit=10, lease=60)
    assert site.anna.delete(f"submissions/{sent['id']}").json["type"] == "/problems/already-sent"


def test_sendings_of_others_cannot_be_undone(site: Site) -> None:
    sent = send(site.anna, begin(site.anna), delay_seconds=30)
    for id_ in (sent["id"], "999", "x"):
        assert site.bert.delete(f"submissions/{id_}").json["type"] == "/problems/no-such-submission"
    assert site.bert.get("submissions").json["items"] == []


def test_sending_later_is_the_same_with_more_patience(site: Site) -> None:
    later = (utcnow() + timedelta(days=2)).isoformat()
    sent = send(site.anna, begin(site.anna), send_at=later)
    assert sent["send_at"] == later
    past = send(site.anna, begin(site.anna), send_at="2020-01-01T00:00:00Z")
    assert past["cancellable"] is False


def test_the_message_answered_is_marked_and_unmarked(both: Site) -> None:
    letter, other = both.deliver("anna", mail()), both.deliver("anna", mail())
    both.anna.patch(f"messages/{other}", {"add": ["$Forwarded"]})
    sent = send(both.anna, begin(both.anna, answers=letter, forwards=other), delay_seconds=30)
    flags = lambda: [row["flags"] for row in both.anna.get(f"messages?ids={letter},{other}").json["items"]]  # noqa: E731
    assert flags() == [["\\Answered"], ["$Forwarded"]]
    both.anna.delete(f"submissions/{sent['id']}")
    assert flags() == [[], ["$Forwarded"]]


def test_what_it_answers_may_be_gone(site: Site) -> None:
    send(site.anna, begin(site.anna, answers="9.9", forwards="nonsense"))


def test_nobody_sends_as_somebody_else(site: Site) -> None:
    draft = begin(site.anna, **{"from": {"address": "bert@example.test"}})
    answer = site.anna.post(f"drafts/{draft['id']}/send", {})
    assert answer.json["type"] == "/problems/not-your-address"
    assert len(in_drafts(site)) == 1


def test_faults_of_recipients_are_named_and_nothing_is_sent(site: Site) -> None:
    for to, kind in (
        ([], "no-recipients"),
        ([{"address": "nobody@example.test"}], "no-such-recipient"),
        ([{"address": "half@"}], "bad-address"),
    ):
        draft = begin(site.anna, to=to)
        assert site.anna.post(f"drafts/{draft['id']}/send", {}).json["type"] == f"/problems/{kind}"
    assert rows(site, "anna", "Sent") == []


def test_a_draft_saved_elsewhere_meanwhile_is_not_sent(site: Site) -> None:
    draft = begin(site.anna)
    site.anna.put(f"drafts/{draft['id']}", TEXT, headers={"If-Match": '"1"'})
    answer = site.anna.post(f"drafts/{draft['id']}/send", {}, headers={"If-Match": '"1"'})
    assert answer.json["type"] == "/problems/precondition-failed"


def test_a_script_sends_a_whole_message(both: Site) -> None:
    raw = mail("From a script", From="anna@example.test", To="bert@example.test", Bcc="otto@other.test")
    answer = both.anna.post("messages", data=raw, content_type="message/rfc822")
    assert answer.status_code == 202
    assert rows(both, "bert")[0]["subject"] == "From a script"
    assert len(rows(both, "otto")) == 1
    kept = both.anna.get(f"messages/{answer.json['sent_message_id']}/raw").data
    assert kept == raw


def test_a_script_names_the_recipients_itself(site: Site) -> None:
    raw = mail(From="anna@example.test", To="list@elsewhere.test")
    site.anna.post("messages?recipients=bert@example.test", data=raw)
    assert len(rows(site, "bert")) == 1
    assert site.root.get("queue").json["total"] == 0


def test_a_script_is_refused_like_everybody(site: Site) -> None:
    for raw, kind in (
        (mail(From="bert@example.test", To="bert@example.test"), "not-your-address"),
        (b"Subject: x\r\n\r\nx", "invalid"),
        (b"From: anna@example.test\r\n\r\nx", "no-recipients"),
        (mail(From="anna@example.test", To="nobody@example.test"), "no-such-recipient"),
    ):
        assert site.anna.post("messages", data=raw).json["type"] == f"/problems/{kind}"


@pytest.mark.parametrize("hidden", ["\r", "\n", "\r\0\n"])
def test_attack_a_line_end_that_makes_a_second_author_on_the_way(site: Site, hidden: str) -> None:
    raw = f"From: anna@example.test\r\nSubject: x{hidden}From: bert@example.test\r\nTo: far@x.test\r\n\r\nx".encode()
    assert site.anna.post("messages", data=raw).json["type"] == "/problems/not-your-address"


def test_a_script_may_end_its_lines_as_its_system_does(site: Site) -> None:
    raw = mail(From="anna@example.test", To="bert@example.test").replace(b"\r\n", b"\n")
    assert site.anna.post("messages", data=raw).status_code == 202
    taken = site.bert.get(f"messages/{rows(site, 'bert')[0]['id']}/raw").data
    assert b"\n" not in taken.replace(b"\r\n", b"")


def test_nobody_writes_the_border_s_verdict_into_a_message(site: Site) -> None:
    claim = b"Authentication-Results: mail.example.com; dmarc=pass header.from=bank.test\r\nReceived: x; y\r\n"
    site.anna.post("messages", data=claim + mail(From="anna@example.test", To="bert@example.test"))
    assert b"bank.test" not in site.bert.get(f"messages/{rows(site, 'bert')[0]['id']}/raw").data


def test_the_draft_of_a_message_that_has_left_is_forgotten(site: Site) -> None:
    draft = begin(site.anna, **ELSEWHERE)
    sent = send(site.anna, draft, delay_seconds=1)
    site.root.delete(f"queue/{sent['id']}")
    begin(site.anna)
    assert site.anna.get(f"drafts/{draft['id']}").json["type"] == "/problems/no-such-draft"
    assert site.anna.get("submissions").json["items"] == []
