"""A client that only hears ADDTO and REMOVEFROM has the result of the search, whatever happens (RFC 5267 §4.3)."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import pytest

from mailnode.imap import serve
from tests.support.imap_wire import ImapWire, logged_in
from tests.support.imapd import ReadingServer, mail

STEPS = 60
UPDATE = re.compile(rb"(ADDTO|REMOVEFROM) \(([^)]*)\)")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingServer]:
    with ReadingServer(serve, tmp_path_factory.mktemp("contexts")) as running:
        yield running


def spelled(numbers: bytes) -> list[int]:
    """The uids of a set, in its order."""
    found: list[int] = []
    for piece in numbers.split(b","):
        first, _, last = piece.partition(b":")
        found += range(int(first), int(last or first) + 1)
    return found


class Client:
    """What a client makes of the updates: RFC 5267 §4.3.3 and §4.3.4 word by word."""

    def __init__(self, found: list[int]) -> None:
        self.found = found

    def hear(self, line: bytes) -> None:
        for kind, value in UPDATE.findall(line):
            words = value.split()
            for place, uids in zip(words[::2], words[1::2], strict=True):
                for step, uid in enumerate(spelled(uids)):
                    self._apply(kind == b"ADDTO", int(place), step, uid)

    def _apply(self, joins: bool, place: int, step: int, uid: int) -> None:
        if not joins:
            assert place == 0 or self.found[place - 1] == uid
            self.found.remove(uid)
        elif place == 0:
            self.found = sorted([*self.found, uid])
        else:
            self.found.insert(place - 1 + step, uid)


def all_of(answer: list[bytes]) -> list[int]:
    found = re.search(rb" ALL ([0-9:,]+)", answer[0])
    return spelled(found[1]) if found else []


def heard(clients: dict[bytes, Client], lines: list[bytes]) -> None:
    for line in lines:
        tag = re.match(rb'\* ESEARCH \(TAG "([^"]+)"\)', line)
        if tag and tag[1] in clients:
            clients[tag[1]].hear(line)


def step(chance: random.Random, wire: ImapWire, count: int) -> list[bytes]:
    uid = chance.randint(1, count)
    return wire.command(
        chance.choice(
            [
                f"UID STORE {uid}:{uid + chance.randint(0, 3)} +FLAGS.SILENT (\\Flagged)",
                f"UID STORE {uid}:{uid + chance.randint(0, 3)} -FLAGS.SILENT (\\Flagged)",
                f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)",
                "EXPUNGE",
                f"UID COPY {uid} INBOX",
                f"UID MOVE {uid} Archive",
                f"UID FETCH {uid} BODY[TEXT]",
                "NOOP",
            ]
        )
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_updates_give_the_result(server: ReadingServer, seed: int) -> None:
    chance = random.Random(seed)
    user = server.add_user()
    for _ in range(8):
        server.deliver(user.id, mail(chance.randint(1, 20), chance.choice(["Hello", "Goodbye"])))
    searches = ["SEARCH RETURN ({}) OR FLAGGED BODY Goodbye", "SORT RETURN ({}) (SUBJECT) UTF-8 UNFLAGGED"]
    with logged_in(server.port, user.address) as mine, logged_in(server.port, user.address) as other:
        mine.command("SELECT INBOX")
        other.command("SELECT INBOX")
        clients = {}
        for search in searches:
            answer = mine.command("UID " + search.format("UPDATE ALL"))
            clients[answer[-1].split()[0]] = Client(all_of(answer))
        for _ in range(STEPS):
            heard(clients, step(chance, mine, 12))
            step(chance, other, 12)
            heard(clients, mine.command("NOOP"))
        wanted = [all_of(mine.command("UID " + search.format("ALL"))) for search in searches]
        assert [client.found for client in clients.values()] == wanted


def test_the_eleventh_is_not_kept_up(server: ReadingServer) -> None:
    user = server.add_user()
    with logged_in(server.port, user.address) as wire:
        wire.command("SELECT INBOX")
        for _ in range(10):
            assert len(wire.command("SEARCH RETURN (UPDATE) ALL")) == 2
        assert wire.command("SEARCH RETURN (UPDATE) ALL")[0].startswith(b"* NO [NOUPDATE ")
