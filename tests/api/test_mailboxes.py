"""Mailboxes of the caller."""

from __future__ import annotations

import gzip
import json

from mailnode.store import messages
from tests.support.site import Site, mail


def test_the_tree_tells_uses_and_counts(both: Site) -> None:
    both.deliver("anna", mail())
    found = {one["name"]: one for one in both.anna.get("mailboxes").json["items"]}
    assert found["INBOX"]["special_use"] == "inbox"
    assert (found["INBOX"]["total"], found["INBOX"]["unread"]) == (1, 1)
    assert found["Trash"]["special_use"] == "trash"


def test_an_unchanged_tree_is_not_sent_again(site: Site) -> None:
    tag = site.anna.get("mailboxes").headers["ETag"]
    assert site.anna.get("mailboxes", headers={"If-None-Match": tag}).status_code == 304
    site.deliver("anna", mail())
    assert site.anna.get("mailboxes", headers={"If-None-Match": tag}).status_code == 200


def test_a_mailbox_is_made_with_the_levels_above_it(both: Site) -> None:
    made = both.anna.post("mailboxes", {"name": "工作/2026"})
    assert made.status_code == 201
    parent = both.anna.get(f"mailboxes/{made.json['parent_id']}").json
    assert parent["name"] == "工作"


def test_names_are_checked(site: Site) -> None:
    assert site.anna.post("mailboxes", {"name": "a//b"}).json["type"] == "/problems/bad-mailbox-name"
    assert site.anna.post("mailboxes", {"name": "inbox"}).json["type"] == "/problems/mailbox-exists"


def test_renaming_takes_the_children_along(site: Site) -> None:
    child = site.anna.post("mailboxes", {"name": "Work/2026"}).json
    changed = site.anna.patch(f"mailboxes/{child['parent_id']}", {"name": "Office"}).json
    assert (changed["name"], changed["subscribed"]) == ("Office", True)
    moved = site.anna.get(f"mailboxes/{child['id']}").json
    assert (moved["name"], moved["subscribed"]) == ("Office/2026", True)


def test_a_subscription_is_left(site: Site) -> None:
    place = f"mailboxes/{site.mailbox('anna', 'Archive')}"
    assert site.anna.patch(place, {"subscribed": False}).json["subscribed"] is False


def test_renaming_from_an_old_version_is_refused(site: Site) -> None:
    place = f"mailboxes/{site.anna.post('mailboxes', {'name': 'Work'}).json['id']}"
    tag = site.anna.get(place).headers["ETag"]
    assert site.anna.patch(place, {"name": "A"}, headers={"If-Match": tag}).status_code == 200
    assert site.anna.patch(place, {"name": "B"}, headers={"If-Match": tag}).status_code == 412


def test_the_inbox_stays(site: Site) -> None:
    place = f"mailboxes/{site.mailbox('anna', 'INBOX')}"
    assert site.anna.delete(place).json["type"] == "/problems/fixed-mailbox"
    assert site.anna.patch(place, {"name": "Other"}).json["type"] == "/problems/fixed-mailbox"


def test_a_mailbox_goes_with_its_messages(site: Site) -> None:
    made = site.anna.post("mailboxes", {"name": "Work"}).json
    site.deliver("anna", mail(), "Work")
    assert site.anna.delete(f"mailboxes/{made['id']}").status_code == 204
    assert site.anna.get("me").json["quota"]["used_messages"] == 0


def test_emptying_removes_for_ever(site: Site) -> None:
    for _ in range(3):
        site.deliver("anna", mail(), "Trash")
    place = f"mailboxes/{site.mailbox('anna', 'Trash')}"
    assert site.anna.post(f"{place}/empty").json == {"removed": 3}
    assert site.anna.get(place).json["total"] == 0


def test_all_is_marked_as_read(site: Site) -> None:
    for _ in range(3):
        site.deliver("anna", mail())
    place = f"mailboxes/{site.mailbox('anna', 'INBOX')}"
    assert site.anna.post(f"{place}/read").json == {"changed": 3}
    assert site.anna.get(place).json["unread"] == 0


def test_the_order_is_newest_first_and_known_by_its_tag(both: Site) -> None:
    ids = [both.deliver("anna", mail(str(number))) for number in range(3)]
    place = f"mailboxes/{both.mailbox('anna', 'INBOX')}/order"
    found = both.anna.get(place)
    assert found.json["ids"] == ids[::-1]
    assert both.anna.get(place, headers={"If-None-Match": found.headers["ETag"]}).status_code == 304


def test_the_top_of_an_order(both: Site) -> None:
    ids = [both.deliver("anna", mail(str(number))) for number in range(3)]
    place = f"mailboxes/{both.mailbox('anna', 'INBOX')}/order"
    top = both.anna.get(f"{place}?limit=2")
    assert (top.json["ids"], top.json["total"]) == (ids[:0:-1], 3)
    assert top.headers["ETag"] != both.anna.get(place).headers["ETag"]
    assert both.anna.get(f"{place}?limit=3").headers["ETag"] == both.anna.get(place).headers["ETag"]
    assert both.anna.get(f"{place}?limit=0").status_code == 422


def test_a_long_order_is_compressed(site: Site) -> None:
    site.deliver("anna", mail())
    place = f"mailboxes/{site.mailbox('anna', 'INBOX')}/order"
    short = site.anna.get(place, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in short.headers
    with site.write() as tx:
        for number in range(600):
            messages.append(tx, site.anna.user_id, "INBOX", mail(str(number)))
    long = site.anna.get(place, headers={"Accept-Encoding": "gzip"})
    assert long.headers["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(long.data))["ids"]) == 601
    assert site.anna.get(place).json["total"] == 601


def test_mailboxes_of_others_do_not_exist(site: Site) -> None:
    place = f"mailboxes/{site.mailbox('bert', 'INBOX')}"
    for method, path in (("GET", place), ("DELETE", place), ("POST", f"{place}/empty"), ("GET", f"{place}/order")):
        assert site.anna.ask(method, path).json["type"] == "/problems/no-such-mailbox"
    assert site.anna.patch(place, {"name": "Mine"}).json["type"] == "/problems/no-such-mailbox"
