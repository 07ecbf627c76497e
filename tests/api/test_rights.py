"""Mailboxes shared between users: who sees them, what each right permits, and that nothing is reached without one."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from backend.resources import events as looking
from tests.support.site import Person, Site, mail


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "LOOK_EVERY", 0.01)


Ask = tuple[str, str, object]


def share(site: Site, rights: str, whom: str = "bert@example.test", mailbox: str = "INBOX") -> int:
    """Anna gives rights on one of her mailboxes; its id."""
    place = site.mailbox("anna", mailbox)
    answer = site.anna.put(f"mailboxes/{place}/rights/{whom}", {"rights": rights})
    assert answer.status_code == 200, answer.json
    return place


def names(person: Person) -> list[str]:
    return [one["name"] for one in person.get("mailboxes").json["items"]]


def test_a_shared_mailbox_is_in_the_tree_of_who_may_look_it_up(both: Site) -> None:
    place = share(both, "lrs")
    [seen] = [one for one in both.bert.get("mailboxes").json["items"] if one["id"] == place]
    assert seen["name"] == "Other Users/anna@example.test/INBOX"
    assert (seen["owner"], seen["my_rights"], seen["special_use"]) == ("anna@example.test", "lrs", None)
    assert not any(name.startswith("Other") for name in names(both.otto))


def test_the_tree_has_another_tag_when_a_shared_mailbox_has_changed(site: Site) -> None:
    share(site, "lr")
    tag = site.bert.get("mailboxes").headers["ETag"]
    site.deliver("anna", mail())
    assert site.bert.get("mailboxes", headers={"If-None-Match": tag}).status_code == 200


def test_rights_are_set_shown_and_removed(both: Site) -> None:
    place = share(both, "lrw")
    listed = both.anna.get(f"mailboxes/{place}/rights").json["items"]
    assert listed == [
        {"identifier": "anna@example.test", "rights": "lrswipkxtea"},
        {"identifier": "bert@example.test", "rights": "lrw"},
    ]
    one = f"mailboxes/{place}/rights/bert@example.test"
    assert both.anna.get(one).json["rights"] == "lrw"
    assert both.anna.delete(one).status_code == 204
    assert both.anna.get(one).status_code == 404
    assert both.bert.get(f"mailboxes/{place}").status_code == 404


@pytest.mark.parametrize("rights", ["q", "lL", "l r", "lr\n", "0"])
def test_letters_that_are_no_rights_are_refused(site: Site, rights: str) -> None:
    place = site.mailbox("anna", "INBOX")
    answer = site.anna.put(f"mailboxes/{place}/rights/bert@example.test", {"rights": rights})
    assert answer.status_code == 422


def test_rights_for_nobody_are_refused(site: Site) -> None:
    place = site.mailbox("anna", "INBOX")
    answer = site.anna.put(f"mailboxes/{place}/rights/noone@example.test", {"rights": "l"})
    assert (answer.status_code, answer.json["type"]) == (404, "/problems/no-such-user")


def test_a_domain_and_everybody_can_be_given_rights(both: Site) -> None:
    share(both, "lr", "@example.test")
    assert "Other Users/anna@example.test/INBOX" in names(both.bert)
    assert "Other Users/anna@example.test/INBOX" not in names(both.otto)
    share(both, "l", "anyone")  # of example.test
    assert "Other Users/anna@example.test/INBOX" not in names(both.otto)
    share(both, "l", "@other.test")
    assert "Other Users/anna@example.test/INBOX" in names(both.otto)


def test_a_reader_reads_and_changes_nothing(both: Site) -> None:
    place = share(both, "lr")
    letter = both.deliver("anna", mail("Shared"))
    assert both.bert.get(f"messages?mailbox={place}").json["items"][0]["subject"] == "Shared"
    assert both.bert.get(f"messages/{letter}").json["subject"] == "Shared"
    assert both.bert.get(f"search?q=Shared&mailbox={place}").json["ids"] == [letter]
    assert both.bert.get("search?q=Shared").json["ids"] == []
    body = {"action": "flag", "ids": [letter], "add": ["\\Seen"]}
    answer = both.bert.post("messages/actions", body)
    assert (answer.status_code, answer.json["type"]) == (403, "/problems/no-right")


def test_only_flags_that_may_be_set_are_set_and_undone(site: Site) -> None:
    share(site, "lrs")
    letter = site.deliver("anna", mail())
    body = {"action": "flag", "ids": [letter], "add": ["\\Seen", "\\Flagged"]}
    done = site.bert.post("messages/actions", body).json
    assert site.anna.get(f"messages/{letter}").json["flags"] == ["\\Seen"]
    assert done["undo"] == [{"action": "flag", "ids": [letter], "add": [], "remove": ["\\Seen"]}]


def test_a_message_is_copied_and_moved_between_users(both: Site) -> None:
    share(both, "lrte")
    letter = both.deliver("anna", mail("For both"))
    mine = both.mailbox("bert", "Archive")
    copied = both.bert.post("messages/actions", {"action": "copy", "ids": [letter], "mailbox_id": mine}).json
    assert both.anna.get(f"messages/{letter}").status_code == 200
    moved = both.bert.post("messages/actions", {"action": "move", "ids": [letter], "mailbox_id": mine}).json
    assert both.anna.get(f"messages/{letter}").status_code == 404
    for done in (copied, moved):
        assert both.bert.get(f"messages/{done['ids'][letter]}").json["subject"] == "For both"
    assert both.bert.get("me").json["quota"]["used_messages"] == 2
    assert both.anna.get("me").json["quota"]["used_messages"] == 0


def test_moving_out_takes_the_right_to_remove(site: Site) -> None:
    share(site, "lrt")
    letter = site.deliver("anna", mail())
    body = {"action": "move", "ids": [letter], "mailbox_id": site.mailbox("bert", "Archive")}
    assert site.bert.post("messages/actions", body).status_code == 403
    assert site.anna.get(f"messages/{letter}").status_code == 200


def test_an_administrator_makes_mailboxes_for_the_domain(both: Site) -> None:
    assert both.bert.post("mailboxes", {"name": "Shared/News"}).json["type"] == "/problems/no-right"
    made = both.dora.post("mailboxes", {"name": "Shared/News"})
    assert (made.status_code, made.json["owner"]) == (201, "example.test")
    answer = both.dora.put(f"mailboxes/{made.json['id']}/rights/@example.test", {"rights": "lri"})
    assert answer.status_code == 200
    assert "Shared/News" in names(both.bert)
    assert "Shared/News" not in names(both.otto)
    assert not any(one["address"].startswith("+") for one in both.root.get("users").json["items"])


def test_whoever_owns_a_domain_s_mailboxes_is_no_user(site: Site) -> None:
    made = site.dora.post("mailboxes", {"name": "Shared/News"}).json
    ids = [one["id"] for one in site.root.get("users").json["items"]]
    owner = max(ids) + 1
    assert site.root.get(f"users/{owner}").status_code == 404
    assert site.root.put(f"users/{owner}/password", {"password": "long enough"}).status_code == 404
    right = f"mailboxes/{made['id']}/rights/+shared@example.test"
    assert site.dora.put(right, {"rights": "l"}).status_code == 404


def test_an_answer_to_a_shared_message_marks_it_where_that_is_allowed(site: Site) -> None:
    share(site, "lrw")
    letter = site.deliver("anna", mail())
    text = {"to": [{"name": "", "address": "bert@example.test"}], "subject": "Re", "text": "Yes", "answers": letter}
    draft = site.bert.post("drafts", text).json["id"]
    assert site.bert.post(f"drafts/{draft}/send", {}).status_code == 202
    assert site.anna.get(f"messages/{letter}").json["flags"] == ["\\Answered"]


def asks(mailbox: int, letter: str, own: int) -> Iterator[Ask]:
    """Every route that names a mailbox or a message."""
    box, message = f"mailboxes/{mailbox}", f"messages/{letter}"
    for path in (
        f"{box}/order",
        f"{box}/rights",
        f"{box}/rights/anyone",
        f"messages?mailbox={mailbox}",
        f"search?q=x&mailbox={mailbox}",
        message,
        f"{message}/raw",
        f"{message}/headers",
        f"{message}/parts/1",
    ):
        yield "GET", path, None
    yield "PATCH", box, {"name": "Mine"}
    yield "DELETE", box, None
    yield "POST", f"{box}/empty", {}
    yield "POST", f"{box}/read", {}
    yield "PUT", f"{box}/rights/bert@example.test", {"rights": "lrswipkxtea"}
    yield "DELETE", f"{box}/rights/anna@example.test", None
    yield "PATCH", message, {"add": ["\\Seen"]}
    yield "POST", "drafts", {"message": letter}
    yield "POST", "drafts", {"attachments": [{"message": letter, "part": "1"}]}
    yield "POST", "messages/actions", {"action": "copy", "ids": [own_letter(own)], "mailbox_id": mailbox}


def own_letter(own: int) -> str:
    return f"{own}.1"


@pytest.mark.parametrize(("rights", "code"), [("", 404), ("l", 403)])
def test_without_rights_every_route_refuses_and_nothing_changes(site: Site, rights: str, code: int) -> None:
    """Nobody learns that a mailbox is there without ``l``; with it alone nothing can be done but to see it."""
    letter = site.deliver("anna", mail("Secret"))
    site.deliver("bert", mail("Own"))
    mailbox = share(site, rights)
    before = site.anna.get(f"messages/{letter}").json, site.anna.get(f"mailboxes/{mailbox}").json
    for method, path, body in asks(mailbox, letter, site.mailbox("bert", "INBOX")):
        more = {"json": body} if body is not None else {}
        answer = site.bert.ask(method, path, **more)
        assert answer.status_code == code, (method, path, answer.status_code, answer.json)
        assert b"Secret" not in answer.data
    assert (site.anna.get(f"messages/{letter}").json, site.anna.get(f"mailboxes/{mailbox}").json) == before


@pytest.mark.parametrize("action", ["flag", "move", "copy", "delete"])
def test_messages_of_a_hidden_mailbox_are_missing_for_every_action(site: Site, action: str) -> None:
    letter = site.deliver("anna", mail())
    body = {"action": action, "ids": [letter], "mailbox_id": site.mailbox("bert", "Archive"), "add": ["\\Seen"]}
    done = site.bert.post("messages/actions", body).json
    assert (done["ids"], done["missing"]) == ({}, [letter])
    assert site.bert.get(f"messages?ids={letter}").json["items"] == []
    assert site.anna.get(f"messages/{letter}").json["flags"] == []


def events(person: Person, query: str = "") -> Iterator[tuple[str, dict[str, object]]]:
    """Name and data of what a stream tells, pings left out."""
    answer = person.get(f"events{query}", buffered=False)
    for block in answer.response:  # type: ignore[union-attr]
        for part in (block.decode() if isinstance(block, bytes) else block).split("\n\n"):
            lines = dict(line.split(": ", 1) for line in part.splitlines())
            if "event" in lines:
                yield lines["event"], json.loads(lines["data"])


def test_a_stream_tells_of_shared_mailboxes_and_of_no_others(site: Site) -> None:
    place = share(site, "lr")
    stream = events(site.bert)
    next(stream)
    site.deliver("anna", mail("Private"), "Sent")
    shown = site.deliver("anna", mail("For Bert"))
    name, data = next(stream)
    assert (name, data["mailbox_id"], data["added"]) == ("change", place, [shown])
    assert "Private" not in json.dumps(data)


def test_a_stream_tells_that_something_is_shared_and_no_longer(site: Site) -> None:
    stream = events(site.bert)
    next(stream)
    place = share(site, "lr")
    assert next(stream)[0] == "mailboxes"
    shown = site.deliver("anna", mail())
    told = next(data for name, data in stream if name == "change")
    assert (told["mailbox_id"], told["added"]) == (place, [shown])
    share(site, "")
    assert next(stream)[0] == "mailboxes"
    site.deliver("anna", mail())
    site.deliver("bert", mail())
    assert next(data["mailbox_id"] for name, data in stream if name == "change") == site.mailbox("bert", "INBOX")


def test_whoever_comes_back_loads_what_is_shared_anew(site: Site) -> None:
    share(site, "lr")
    stream = events(site.bert, "?since=1")
    assert [next(stream)[0], next(stream)[0]] == ["hello", "reset"]
