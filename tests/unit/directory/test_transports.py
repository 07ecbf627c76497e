"""Transports: which one counts for a domain, and what is refused."""

from __future__ import annotations

import pytest

from mailnode.directory import transports
from mailnode.directory.transports import Exit, Exits
from mailnode.errors import BadTransport, ChangedMeanwhile, NoSuchTransport
from tests.support.store import Store


def found(patterns: list[str], destination: str) -> str | None:
    exits = Exits({pattern: Exit(pattern, "out.test") for pattern in patterns})
    way = exits.of(destination)
    return way.pattern if way else None


@pytest.mark.parametrize(
    ("destination", "pattern"),
    [
        ("example.org", "example.org"),
        ("a.example.org", "*.example.org"),
        ("b.a.example.org", "*.a.example.org"),
        ("c.b.a.example.org", "*.a.example.org"),
        ("example.net", "*"),
        ("[192.0.2.1]", "*"),
    ],
)
def test_the_most_exact_counts(destination: str, pattern: str) -> None:
    assert found(["*", "example.org", "*.example.org", "*.a.example.org"], destination) == pattern


def test_none_for_the_others() -> None:
    assert found(["*.example.org"], "example.org") is None
    assert found([], "example.org") is None


def test_what_is_kept_is_read_again(store: Store) -> None:
    wanted = Exit("*.Bücher.test", "out.test", 587, "verified", False, "me", "secret", "192.0.2.7")
    with store.write() as tx:
        made = transports.put(tx, wanted)
        assert made.version == 1
    with store.read() as tx:
        kept = transports.exits(tx).of("a.xn--bcher-kva.test")
    assert kept == Exit("*.xn--bcher-kva.test", "out.test", 587, "verified", False, "me", "secret", "192.0.2.7")


def test_a_password_stays_while_host_and_login_do(store: Store) -> None:
    with store.write() as tx:
        transports.put(tx, Exit("*", "out.test", login="me", password="secret", tls="verified"))
        transports.put(tx, Exit("*", "out.test", 587, login="me", tls="verified"))
        kept = transports.transport(tx, "*")
        assert (kept.password, kept.port, kept.version) == ("secret", 587, 2)
        assert transports.put(tx, Exit("*", "elsewhere.test", login="me", tls="verified")).password is None
        with pytest.raises(ChangedMeanwhile):
            transports.put(tx, Exit("*", "out.test"), if_version=1)


@pytest.mark.parametrize(
    "wanted",
    [
        Exit("*"),
        Exit("*", "out.test", tls="perhaps"),
        Exit("*", "out.test", 0),
        Exit("*", "not a host"),
        Exit("*", source="here"),
        Exit("*", source="192.0.2.1", login="me"),
        Exit("*", "out.test", login="me", tls="required"),
    ],
)
def test_what_leads_nowhere_is_refused(sqlite_store: Store, wanted: Exit) -> None:
    with sqlite_store.write() as tx, pytest.raises(BadTransport):
        transports.put(tx, wanted)


def test_what_is_not_there(sqlite_store: Store) -> None:
    with sqlite_store.write() as tx:
        for pattern in ("*", "a..b"):
            with pytest.raises(NoSuchTransport):
                transports.remove(tx, pattern)
