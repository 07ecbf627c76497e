"""What is done with many messages at once, and how it is undone."""

from __future__ import annotations

from typing import Any

from tests.support.site import Person, Site, mail


def act(person: Person, **body: Any) -> dict[str, Any]:
    answer = person.post("messages/actions", body)
    assert answer.status_code == 200, answer.json
    return answer.json  # type: ignore[return-value]


def undo(person: Person, done: dict[str, Any]) -> dict[str, str]:
    """Post the bodies of the undo; gives what the ids became."""
    ids: dict[str, str] = {}
    for body in done["undo"]:
        ids |= act(person, **body)["ids"]
    return ids


def flags_of(person: Person, ids: list[str]) -> list[set[str]]:
    return [set(row["flags"]) for row in person.get(f"messages?ids={','.join(ids)}").json["items"]]


def test_flags_are_set_and_undone_exactly(both: Site) -> None:
    ids = [both.deliver("anna", mail()) for _ in range(3)]
    act(both.anna, action="flag", ids=ids[:1], add=["\\Seen"])
    act(both.anna, action="flag", ids=ids[1:2], add=["\\Flagged", "work"])
    done = act(both.anna, action="flag", ids=ids, add=["\\Seen"], remove=["\\Flagged", "WORK"])
    assert flags_of(both.anna, ids) == [{"\\Seen"}] * 3
    undo(both.anna, done)
    assert flags_of(both.anna, ids) == [{"\\Seen"}, {"\\Flagged", "work"}, set()]


def test_a_move_tells_the_new_ids_and_is_undone(both: Site) -> None:
    ids = [both.deliver("anna", mail(str(number))) for number in range(3)]
    trash = both.mailbox("anna", "Trash")
    done = act(both.anna, action="move", ids=ids, mailbox_id=trash)
    assert set(done["ids"]) == set(ids)
    assert all(new.startswith(f"{trash}.") for new in done["ids"].values())
    back = undo(both.anna, done)
    subjects = [row["subject"] for row in both.anna.get(f"messages?ids={','.join(back.values())}").json["items"]]
    assert sorted(subjects) == ["0", "1", "2"]
    assert both.anna.get(f"mailboxes/{trash}").json["total"] == 0


def test_messages_of_several_mailboxes_move_together_and_back(site: Site) -> None:
    ids = [site.deliver("anna", mail(), "INBOX"), site.deliver("anna", mail(), "Archive")]
    done = act(site.anna, action="move", ids=ids, mailbox_id=site.mailbox("anna", "Trash"))
    undo(site.anna, done)
    for name in ("INBOX", "Archive"):
        assert site.anna.get(f"mailboxes/{site.mailbox('anna', name)}").json["total"] == 1


def test_a_move_to_where_it_is_changes_nothing(site: Site) -> None:
    id_ = site.deliver("anna", mail())
    done = act(site.anna, action="move", ids=[id_], mailbox_id=site.mailbox("anna", "INBOX"))
    assert (done["ids"], done["undo"]) == ({id_: id_}, [])


def test_a_copy_is_undone_by_removing_it(site: Site) -> None:
    id_, archive = site.deliver("anna", mail()), site.mailbox("anna", "Archive")
    done = act(site.anna, action="copy", ids=[id_], mailbox_id=archive)
    assert site.anna.get(f"mailboxes/{archive}").json["total"] == 1
    undo(site.anna, done)
    assert site.anna.get(f"mailboxes/{archive}").json["total"] == 0


def test_deleting_is_for_ever(site: Site) -> None:
    id_ = site.deliver("anna", mail())
    assert act(site.anna, action="delete", ids=[id_])["undo"] == []
    assert site.anna.get("me").json["quota"]["used_messages"] == 0


def test_what_is_gone_is_named(site: Site) -> None:
    id_ = site.deliver("anna", mail())
    done = act(site.anna, action="flag", ids=[id_, "9.9", "nonsense"], add=["\\Seen"])
    assert (set(done["ids"]), done["missing"]) == ({id_}, ["9.9", "nonsense"])


def test_messages_of_others_are_not_touched(site: Site) -> None:
    other = site.deliver("bert", mail())
    for body in ({"action": "delete"}, {"action": "move", "mailbox_id": site.mailbox("anna", "Trash")}):
        assert act(site.anna, ids=[other], **body)["missing"] == [other]
    assert site.bert.get(f"messages/{other}").status_code == 200


def test_nothing_moves_into_the_mailbox_of_another(site: Site) -> None:
    body = {"action": "move", "ids": [site.deliver("anna", mail())], "mailbox_id": site.mailbox("bert", "INBOX")}
    assert site.anna.post("messages/actions", body).json["type"] == "/problems/no-such-mailbox"
    assert site.anna.get(f"mailboxes/{site.mailbox('anna', 'INBOX')}").json["total"] == 1


def test_a_request_that_lacks_something_is_pointed_at(site: Site) -> None:
    for body, pointer in (
        ({"action": "move", "ids": ["1.1"]}, "#/mailbox_id"),
        ({"action": "flag", "ids": ["1.1"]}, "#/add"),
        ({"action": "flag", "ids": []}, "#/ids"),
        ({"action": "burn", "ids": ["1.1"]}, "#/action"),
        ({"action": "delete", "ids": ["1.1"] * 1001}, "#/ids"),
    ):
        assert site.anna.post("messages/actions", body).json["errors"][0]["pointer"] == pointer


def test_a_thousand_at_once(site: Site) -> None:
    ids = [site.deliver("anna", mail(str(number))) for number in range(200)]
    done = act(site.anna, action="move", ids=ids, mailbox_id=site.mailbox("anna", "Archive"))
    assert len(done["ids"]) == 200
