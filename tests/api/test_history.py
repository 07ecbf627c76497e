"""What became of messages: senders and recipients see their own part, administrators their domains."""

from __future__ import annotations

import pytest

from mailnode.history.details import Act, Arrival, Step, What
from mailnode.history.record import Story, record_many
from tests.api.test_drafts import begin
from tests.api.test_submissions import ELSEWHERE, send
from tests.support.site import Person, Site

EMPTY = {"items": [], "next": None, "days": 30, "refused_days": 14}
STRANGER = Arrival("192.0.2.25", "mx.far.test", "mx.far.test", "TLSv1.3", "ESMTPS")


@pytest.fixture
def told(site: Site) -> Site:
    """Something for Anna, something for Otto of another domain, and what Bert did not get."""
    ids = {name: person.user_id for name, person in site.people.items()}
    story = Story(What.RECEIVED, "far@far.test", "t1", message_id="one@far.test", size=900, arrival=STRANGER)
    kept = [
        Step(Act.KEPT, "anna@example.test", ids["anna"], "INBOX"),
        Step(Act.KEPT, "otto@other.test", ids["otto"], "Lists"),
    ]
    no = Step(Act.REFUSED, "bert@example.test", ids["bert"], status="5.7.23", text="Not allowed", rule="spf_fail")
    with site.write() as tx:
        record_many(tx, [(story, kept), (Story(What.REFUSED, "spam@far.test", arrival=STRANGER), [no])])
    return site


def recipients(person: Person, query: str = "") -> list[list[str]]:
    items = person.get(f"history{query}").json["items"]
    return [[step["recipient"] for step in one["steps"]] for one in items]


def test_each_sees_its_own_part(told: Site) -> None:
    assert recipients(told.anna) == [["anna@example.test"]]
    assert recipients(told.bert) == [["bert@example.test"]]
    assert recipients(told.dora) == [["bert@example.test"], ["anna@example.test"]]
    assert recipients(told.root) == [["bert@example.test"], ["anna@example.test", "otto@other.test"]]
    assert told.nobody.get("history").status_code == 401


def test_what_was_refused_says_why_in_the_readers_language(told: Site) -> None:
    (one,) = told.bert.get("history?refused=true", headers={"Accept-Language": "zh"}).json["items"]
    assert one["heading"] == "拒收来自 spam@far.test 的邮件"
    assert one["steps"][0]["sentence"] == "bert@example.test：被规则 spf_fail 拒收: 5.7.23 Not allowed"
    assert one["steps"][0]["why"] == "发件人的域不允许这台计算机为其发信。"
    assert one["client"]["sentence"] == "来自 mx.far.test [192.0.2.25]，使用 TLSv1.3"
    assert recipients(told.anna, "?refused=true") == []


def test_a_message_is_found_by_its_message_id_and_by_the_doors_id(told: Site) -> None:
    assert recipients(told.anna, "?message_id=%3Cone%40far.test%3E") == [["anna@example.test"]]
    assert recipients(told.otto, "?id=t1") == [["otto@other.test"]]
    assert recipients(told.bert, "?id=t1") == []
    assert recipients(told.dora, "?address=otto@other.test") == []


def test_an_administrator_may_ask_for_what_is_their_own(told: Site) -> None:
    assert recipients(told.dora, "?mine=true") == recipients(told.root, "?mine=true") == []
    (one,) = told.anna.get("history").json["items"]
    assert told.root.get(f"history/{one['id']}").status_code == 200
    assert told.root.get(f"history/{one['id']}?mine=true").status_code == 404
    assert recipients(told.anna, "?mine=true") == [["anna@example.test"]]


def test_the_list_is_paged(told: Site) -> None:
    first = told.root.get("history?limit=1").json
    second = told.root.get(f"history?limit=1&cursor={first['next']}").json
    assert [one["what"] for one in first["items"] + second["items"]] == ["refused", "received"]
    assert told.root.get(f"history?cursor={second['next']}").json == EMPTY
    assert told.root.get("history?cursor=x").status_code == 422


def test_the_sender_sees_the_way_of_a_message(site: Site) -> None:
    queue_id = int(send(site.anna, begin(site.anna, **ELSEWHERE))["id"])
    site.root.post(f"queue/{queue_id}/hold")
    (newest, _) = site.anna.get(f"history?id={queue_id}").json["items"]
    story = site.anna.get(f"history/{newest['id']}").json["items"]
    assert [(one["what"], one["steps"][0]["act"]) for one in story] == [("submitted", "queued"), ("handled", "held")]
    assert site.bert.get(f"history/{newest['id']}").status_code == 404


def test_a_message_id_leads_to_what_became_of_the_message(site: Site) -> None:
    queue_id = int(send(site.anna, begin(site.anna, **ELSEWHERE))["id"])
    site.root.post(f"queue/{queue_id}/hold")
    (*_, accepted) = site.anna.get("history").json["items"]
    found = site.anna.get("history", query_string={"message_id": accepted["message_id"]}).json["items"]
    assert [(one["what"], one["message"]) for one in found] == [
        ("handled", accepted["id"]),
        ("submitted", accepted["id"]),
    ]
