"""`mailnode transport`: list, set, remove."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Command


def test_a_transport_is_set_listed_and_removed(command: Command) -> None:
    command("init")
    said = command("transport", "set", "*", "--to", "smtps://me@out.test", "--password-stdin", stdin="secret\n").out
    assert said.startswith("Mail for * leaves through out.test")
    command("transport", "set", "example.org", "--from", "192.0.2.7")
    [everything, one] = json.loads(command("transport", "list", "--json").out)
    assert (everything["host"], everything["port"], everything["tls"]) == ("out.test", 465, "verified")
    assert (one["pattern"], one["host"], one["source"]) == ("example.org", None, "192.0.2.7")
    assert "secret" not in command("transport", "list", "--json").out
    command("transport", "remove", "*")
    ended = command("transport", "remove", "*")
    assert (ended.status, ended.err.strip()) == (1, "mailnode: There is no such transport")


def test_a_password_does_not_stand_in_the_arguments(command: Command) -> None:
    command("init")
    ended = command("transport", "set", "*", "--to", "smtp://me:secret@out.test")
    assert ended.status == 1
    assert "standard input" in ended.err
