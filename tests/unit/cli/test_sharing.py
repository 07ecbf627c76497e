"""Mailboxes of a domain, from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailnode.cli.opened import opened
from mailnode.directory import edit
from mailnode.store import access
from mailnode.store.access import Reader

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Command


def seen_by(address: str) -> list[str]:
    with opened() as home:
        user_id = home.read(lambda tx: edit.user(tx, address).id)
        return [one.row.name for one in home.read(lambda tx: access.of_others(tx, Reader(user_id, address)))]


def test_a_domain_s_mailbox_is_made_given_away_and_removed(made: Command) -> None:
    assert made("shared", "add", "example.com", "News").status == 0
    assert seen_by("anna@example.com") == []
    assert made("shared", "allow", "example.com", "News", "@example.com", "lrs").status == 0
    assert seen_by("anna@example.com") == ["Shared/News"]
    [row] = made("shared", "list", "example.com", "--json").json
    assert row == {"name": "News", "messages": 0, "rights": ["@example.com lrs"]}
    assert made("shared", "allow", "example.com", "News", "@example.com", "none").status == 0
    assert seen_by("anna@example.com") == []
    assert made("shared", "remove", "example.com", "News").status == 0
    assert made("shared", "list", "example.com", "--json").json == []


def test_whoever_owns_them_is_in_no_list(made: Command) -> None:
    made("shared", "add", "example.com", "News")
    assert [row["address"] for row in made("user", "list", "--json").json] == ["anna@example.com"]
    assert made("domain", "show", "example.com", "--json").json["users"] == 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("remove", "example.com", "Nowhere"), 1),
        (("allow", "example.com", "News", "nobody@example.com", "lr"), 1),
        (("allow", "example.com", "News", "anyone", "lq"), 2),
        (("add", "example.org", "News"), 1),
        (("add", "example.com", "News"), 1),
    ],
)
def test_what_is_refused(made: Command, arguments: tuple[str, ...], status: int) -> None:
    made("shared", "add", "example.com", "News")
    assert made("shared", *arguments).status == status
