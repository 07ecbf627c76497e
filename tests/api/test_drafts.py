"""Drafts: saved often, seen by other clients, never lost to a race."""

from __future__ import annotations

from typing import Any

from tests.api.test_messages import LETTER
from tests.support.site import Person, Site, mail

TEXT = {"to": [{"name": "Bert", "address": "bert@example.test"}], "subject": "你好", "html": "<p>hi</p>", "text": "hi"}


def begin(person: Person, **more: Any) -> dict[str, Any]:
    answer = person.post("drafts", {**TEXT, **more})
    assert answer.status_code == 201, answer.json
    return answer.json  # type: ignore[return-value]


def upload(person: Person, data: bytes = b"file", name: str = "a.txt", kind: str = "text/plain") -> str:
    answer = person.post(f"uploads?name={name}&type={kind}", data=data)
    assert answer.status_code == 201, answer.json
    return str(answer.json["id"])


def in_drafts(site: Site, name: str = "anna") -> list[dict[str, Any]]:
    return site.people[name].get(f"messages?mailbox={site.mailbox(name, 'Drafts')}").json["items"]


def test_a_draft_reads_back_as_it_was_written(both: Site) -> None:
    wanted = {
        **TEXT,
        "from": {"name": "Anna", "address": "anna@example.test"},
        "cc": [{"name": "", "address": "c@elsewhere.test"}],
        "bcc": [{"name": "", "address": "d@elsewhere.test"}],
        "reply_to": [{"name": "", "address": "e@elsewhere.test"}],
        "in_reply_to": "one@elsewhere.test",
        "references": ["zero@x.test", "one@elsewhere.test"],
    }
    made = begin(both.anna, **wanted)
    shown = both.anna.get(f"drafts/{made['id']}").json
    assert {key: shown[key] for key in wanted} == wanted
    assert (shown["version"], shown["attachments"]) == (1, [])


def test_other_clients_see_it_in_drafts(site: Site) -> None:
    made = begin(site.anna)
    rows = in_drafts(site)
    assert [row["id"] for row in rows] == [made["message_id"]]
    assert (rows[0]["subject"], set(rows[0]["flags"])) == ("你好", {"\\Draft", "\\Seen"})


def test_saving_replaces_the_copy(both: Site) -> None:
    made = begin(both.anna)
    saved = both.anna.put(f"drafts/{made['id']}", {**TEXT, "subject": "Second"}, headers={"If-Match": '"1"'})
    assert (saved.json["version"], saved.headers["ETag"]) == (2, '"2"')
    assert [row["subject"] for row in in_drafts(both)] == ["Second"]


def test_whoever_saves_over_an_older_version_is_refused(site: Site) -> None:
    place = f"drafts/{begin(site.anna)['id']}"
    assert site.anna.put(place, TEXT).status_code == 428
    assert site.anna.put(place, TEXT, headers={"If-Match": '"1"'}).status_code == 200
    assert site.anna.put(place, TEXT, headers={"If-Match": '"1"'}).json["type"] == "/problems/precondition-failed"


def test_an_address_half_typed_stays_in_the_draft_and_out_of_the_copy(site: Site) -> None:
    made = begin(site.anna, to=[{"address": "bert@exam"}, {"address": "c"}, {"name": "B\u00e9", "address": "b@x.test"}])
    assert [one["address"] for one in made["to"]] == ["bert@exam", "c", "b@x.test"]
    assert "b@x.test" in [one["address"] for one in in_drafts(site)[0]["to"]]


def test_files_go_along_and_into_the_copy(site: Site) -> None:
    made = begin(site.anna, attachments=[{"upload": upload(site.anna, name="%E6%8A%A5%E5%91%8A.txt")}])
    assert made["attachments"][0]["name"] == "报告.txt"
    assert in_drafts(site)[0]["has_attachments"] is True


def test_large_files_are_left_out_of_the_copy_only(site: Site) -> None:
    made = begin(site.anna, attachments=[{"upload": upload(site.anna, b"x" * 1_100_000)}])
    assert made["attachments"][0]["size"] == 1_100_000
    assert in_drafts(site)[0]["has_attachments"] is False


def test_a_part_of_a_message_becomes_an_upload(site: Site) -> None:
    letter = site.deliver("anna", LETTER)
    made = begin(site.anna, attachments=[{"message": letter, "part": "1.2.2", "cid": "logo"}])
    file = made["attachments"][0]
    assert (file["type"], file["cid"]) == ("image/png", "logo")
    assert site.anna.get(f"uploads/{file['upload']}").data == b"\x89PNG"


def test_a_message_of_drafts_is_opened_in_its_place(site: Site) -> None:
    other = site.deliver("anna", LETTER, "Drafts")
    opened = site.anna.post("drafts", {"message": other}).json
    assert (opened["subject"], opened["from"]["address"]) == ("你好", "jane@elsewhere.test")
    assert [one["name"] for one in opened["attachments"]] == ["image.png", "evil.html"]
    assert [row["id"] for row in in_drafts(site)] == [opened["message_id"]]


def test_the_message_of_a_draft_opens_that_draft(site: Site) -> None:
    made = begin(site.anna)
    assert site.anna.post("drafts", {"message": made["message_id"]}).json["id"] == made["id"]


def test_any_other_message_is_edited_as_new(site: Site) -> None:
    letter = site.deliver("anna", mail("Hello"))
    opened = site.anna.post("drafts", {"message": letter}).json
    assert opened["subject"] == "Hello"
    assert site.anna.get(f"messages/{letter}").status_code == 200


def test_a_draft_is_thrown_away_with_its_files(site: Site) -> None:
    file = upload(site.anna)
    made = begin(site.anna, attachments=[{"upload": file}])
    assert site.anna.delete(f"drafts/{made['id']}").status_code == 204
    assert in_drafts(site) == []
    assert site.anna.get(f"uploads/{file}").json["type"] == "/problems/no-such-upload"


def test_a_draft_survives_another_client_that_removes_its_copy(site: Site) -> None:
    made = begin(site.anna)
    site.anna.post("messages/actions", {"action": "delete", "ids": [made["message_id"]]})
    saved = site.anna.put(f"drafts/{made['id']}", TEXT, headers={"If-Match": '"1"'})
    assert saved.status_code == 200
    assert len(in_drafts(site)) == 1


def test_drafts_and_files_of_others_do_not_exist(site: Site) -> None:
    place, file = f"drafts/{begin(site.bert)['id']}", upload(site.bert)
    for method in ("GET", "DELETE"):
        assert site.anna.ask(method, place).json["type"] == "/problems/no-such-draft"
        assert site.anna.ask(method, f"uploads/{file}").json["type"] == "/problems/no-such-upload"
    assert site.anna.put(place, TEXT, headers={"If-Match": "*"}).json["type"] == "/problems/no-such-draft"
    taken = site.anna.post("drafts", {**TEXT, "attachments": [{"upload": file}]})
    assert taken.json["type"] == "/problems/no-such-upload"
    assert site.anna.post("drafts/x/send", {}).json["type"] == "/problems/no-such-draft"


def test_values_that_would_break_out_of_a_header_are_refused_or_cleaned(site: Site) -> None:
    made = begin(site.anna, subject="a\r\nBcc: evil@x.test", to=[{"name": "x\r\ny", "address": "b@x.test"}])
    raw = site.anna.get(f"messages/{made['message_id']}/raw").data
    assert b"\nBcc:" not in raw
    for body in ({"in_reply_to": "a> \r\nX: y"}, {"references": ["a b"]}, {"in_reply_to": "a\n"}):
        assert site.anna.post("drafts", {**TEXT, **body}).status_code == 422


def test_a_file_is_shown_as_a_picture_only_when_it_is_one(site: Site) -> None:
    page, picture = upload(site.anna, b"<script>", "a.html", "text/html"), upload(site.anna, b"x", "a.png", "image/png")
    shown = site.anna.get(f"uploads/{page}?inline=1")
    assert shown.headers["Content-Type"] == "application/octet-stream"
    assert site.anna.get(f"uploads/{picture}?inline=1").headers["Content-Disposition"].startswith("inline")


def test_a_file_name_has_no_folders(site: Site) -> None:
    answer = site.anna.post("uploads?name=..%2F..%5Cetc%2Fpass%0Awd", data=b"x")
    assert (answer.json["name"], answer.json["type"]) == ("pass_wd", "application/octet-stream")


def test_a_file_larger_than_a_message_is_refused(site: Site) -> None:
    site.app.config["MAILNODE"] = site.store.settings.model_copy(update={"message_size_limit": 4000})
    assert site.anna.post("uploads", data=b"x" * 3001).json["type"] == "/problems/too-large"
    assert site.anna.post("uploads", data=b"x" * 3000).status_code == 201


def test_a_full_mailbox_takes_no_draft(site: Site) -> None:
    site.root.patch(f"users/{site.anna.user_id}", {"quota_bytes": 10}, headers={"If-Match": "*"})
    assert site.anna.post("drafts", TEXT).json["type"] == "/problems/over-quota"
