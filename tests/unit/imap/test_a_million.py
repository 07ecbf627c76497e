"""Opening a mailbox of a million messages costs what one of ten thousand does.

What counts is the time of the processor, of client and server together and the shortest of several taken in turn, of
more when these do not show it: so what else the machine does plays no part.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy.orm import Session

from mailnode.imap import serve
from mailnode.imap.views import Views
from mailnode.store import entries, listing, mailboxes
from tests.bench.large_mailbox import fill
from tests.support.imap_wire import logged_in
from tests.support.imapd import ReadingServer, mail

SMALL, LARGE = 10_000, 1_000_000
EVERY = 1000  # each such message is removed again, so that there are gaps
PAGE = 50
ROUNDS = range(5, 60)
MOST = 1.5  # times

pytestmark = pytest.mark.timeout(900)

User = tuple[int, str]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingServer]:
    with ReadingServer(serve, tmp_path_factory.mktemp("million")) as server:
        yield server


@pytest.fixture(scope="module")
def users(server: ReadingServer) -> list[User]:
    """With the small mailbox, and with the large one."""
    return [_user(server, SMALL), _user(server, LARGE)]


def _user(server: ReadingServer, count: int) -> User:
    made = server.add_user()
    fill(server.context.offload.engine, made.id, "INBOX", count, distinct=200, step=lambda many: None)
    gone = [(uid, uid) for uid in range(EVERY, count, EVERY)]

    def thin_out(tx: Session) -> None:
        inbox = mailboxes.by_name(tx, made.id, "INBOX").id
        entries.expunge(tx, made.id, inbox, gone, only_deleted=False)
        mailboxes.claim_recent(tx, made.id, inbox)

    server.write(thin_out)
    return made.id, made.address


def _ratio(users: list[User], cost: Callable[[User], float]) -> float:
    small = large = float("inf")
    for number in range(ROUNDS.stop):
        small, large = min(small, cost(users[0])), min(large, cost(users[1]))
        if number >= ROUNDS.start and large <= MOST * small:
            break
    return large / small


@pytest.mark.parametrize("known", [True, False])
def test_select_and_first_page(
    server: ReadingServer, users: list[User], monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """``known``: some session has left the mailbox before, in the same process."""
    if not known:
        monkeypatch.setattr(Views, "last", lambda *of: None)
        monkeypatch.setattr(Views, "find", lambda *of: None)

    def opened(user: User) -> float:
        server.deliver(user[0], mail(1))
        with logged_in(server.port, user[1]) as wire:
            start = time.process_time()
            exists = next(int(line.split()[1]) for line in wire.command("SELECT INBOX") if b"EXISTS" in line)
            lines = wire.command(f"FETCH {exists - PAGE + 1}:* (UID FLAGS ENVELOPE)")
            took = time.process_time() - start
        assert len(lines) == PAGE + 1
        return took

    assert _ratio(users, opened) <= MOST


def test_first_page_of_the_list(server: ReadingServer, users: list[User]) -> None:
    def listed(user: User) -> float:
        start = time.process_time()
        with Session(server.context.offload.engine) as tx:
            inbox = mailboxes.by_name(tx, user[0], "INBOX")
            assert len(listing.page(tx, user[0], inbox.id, limit=PAGE)) == PAGE
        return time.process_time() - start

    assert _ratio(users, listed) <= MOST


def test_a_session_holds_little_of_it(server: ReadingServer, users: list[User]) -> None:
    """What a thousand sessions would need is not a thousand times the mailbox."""
    with logged_in(server.port, users[1][1]) as wire:
        wire.command("SELECT INBOX")
        assert b"OK" in wire.command(f"UID SEARCH UID {LARGE}:*")[-1]  # which reads all of the uids
        sessions = [one.session for one in server.doors[0]._sessions]
        here = next(one.here for one in sessions if one.selected is not None)
        assert not here.uids.unread
        fresh = here.uids.with_more([2**31])
        shared = {id(block) for block in here.uids._blocks}
        assert sum(len(block) for block in fresh._blocks if id(block) not in shared) <= 4096
