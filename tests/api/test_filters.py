"""The filter that a user teaches."""

from __future__ import annotations

from mailnode.learning import teaching
from mailnode.learning.lessons import Lesson
from mailnode.store import messages
from tests.support.site import Site, mail


def test_a_user_sees_the_own_filter_and_lets_it_begin_anew(site: Site) -> None:
    assert site.anna.get("me/filter").json == {
        "junk": 0,
        "wanted": 0,
        "needed": 10,
        "tokens": 0,
        "judges": False,
        "taught_at": None,
    }
    user_id = site.anna.get("me").json["id"]
    with site.store.write() as tx:
        message_id = messages.append(tx, user_id, "INBOX", mail()).message_id
        assert teaching.teach(tx, user_id, [Lesson(user_id, message_id, True, 1)])
    found = site.anna.get("me/filter").json
    assert (found["junk"], found["judges"]) == (1, False)
    assert found["tokens"] > 0
    assert found["taught_at"]
    assert site.dora.get("me/filter").json["junk"] == 0
    assert site.anna.delete("me/filter").status_code == 204
    assert site.anna.get("me/filter").json["taught_at"] is None


def test_only_whoever_is_logged_in_has_one(site: Site) -> None:
    assert site.nobody.get("me/filter").status_code == 401
