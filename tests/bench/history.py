"""The history: what one row costs beside the append that it tells about, and look-ups among ten million rows.

    python -m tests.bench.history cost
    python -m tests.bench.history look [ROWS] [FOLDER | URL]

``look`` keeps SQLite's database in FOLDER, or fills PostgreSQL's at URL, and uses it again when it is there.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from mailnode import migrations
from mailnode.database import begin_write
from mailnode.history import asking, finding, indexing, keys
from mailnode.history.asking import Question
from mailnode.history.details import Act, Arrival, Step, What
from mailnode.history.record import Opening, Story, record, record_many
from mailnode.history.viewing import ADMINISTRATOR, Viewer
from mailnode.settings import Settings
from mailnode.store import messages
from mailnode.store.incoming import Incoming, incoming, staged
from mailnode.store.opening import open_store
from tests.bench import store_append
from tests.bench.progress import Progress

ROWS = 10_000_000
USERS = 20_000
GROUP = 10
GROUPS = 500
LOOKS = 100
SENDERS = 100_003
REFUSED_OF = 6  # refusals are kept for two weeks of twelve: they are among the newest rows
STEPS = 20  # of indexing in one transaction, since nobody waits meanwhile
CLIENT = Arrival("192.0.2.25", "mail.example.net", "mail.example.net", "TLSv1.3 TLS_AES_256_GCM_SHA384", "ESMTPS")


def told(number: int, user: int, address: str) -> tuple[Story, list[Step]]:
    """A message from one of a hundred thousand senders."""
    sender, id_ = f"s{number * 7919 % SENDERS}@example.net", f"{number}.abc@example.net"
    story = Story(What.RECEIVED, sender, f"63f1{number:012x}2a1", message_id=id_, size=4096, arrival=CLIENT)
    return story, [Step(Act.KEPT, address, user, "INBOX")]


def various(number: int, rows: int) -> tuple[Story, list[Step]]:
    """Every fourth message is one of our users' own, and is queued; of the newest ones every other is refused."""
    user = number % USERS + 1
    address = f"u{user}@example.com"
    story, steps = told(number, user, address)
    if number % 4 == 0:
        sent = story._replace(what=What.SUBMITTED, sender=address, queue_id=number, user_id=user)
        return sent, [Step(Act.QUEUED, story.sender, queue_id=number)]
    if number % 2 and number > rows - rows // REFUSED_OF:
        return story._replace(what=What.REFUSED), [Step(Act.REFUSED, address, rule="dnsbl")]
    return story, steps


def cost() -> None:
    """Groups of appends in one transaction each, and a row for each message; the quickest groups are compared."""
    append = row = commit = 1e9
    with tempfile.TemporaryDirectory() as folder, Progress("groups", GROUPS) as bar:
        offload, user = store_append.prepare(Path(folder))
        for group in range(GROUPS):
            numbers = range(group * GROUP, (group + 1) * GROUP)
            mails = [incoming(store_append.sample(number)) for number in numbers]
            told_of = [told(number, user, "u@example.com") for number in numbers]
            openings = [(Opening(story), steps) for story, steps in told_of]
            staged(offload.engine, *mails)()
            with Session(offload.engine) as tx:
                begin_write(tx)
                append = min(append, _seconds(partial(_append, tx, user, mails)))
                row = min(row, _seconds(partial(_record, tx, openings)))
                commit = min(commit, _seconds(tx.commit))
            bar.step()
        offload.close()
    print(f"with the write lock: append {append * 1e6:.1f} us, row {row * 1e6:.1f} us, commit {commit * 1e6:.1f} us")
    print(f"the row is {100 * row / (append + commit):.1f} % of an append and its part of the commit")


def _append(tx: Session, user: int, mails: list[Incoming]) -> None:
    for one in mails:
        messages.append(tx, user, "INBOX", one)


def _record(tx: Session, openings: list[tuple[Opening, list[Step]]]) -> None:
    for opening, steps in openings:
        record(tx, opening, steps)


def _seconds(work: Callable[[], object]) -> float:
    """Of the clock, for one of a group."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) / GROUP


def look(rows: int, folder: Path, url: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    settings = Settings(data_dir=folder, database_url=url, hostname="mail.example.com", workers=1)
    engine = open_store(settings)
    migrations.upgrade(engine)
    _fill(engine, rows)
    _index(engine)
    print(f"{rows:,d} rows, {_size(engine, folder) / rows:.0f} octets each with the index")
    with Session(engine) as tx:
        for name, ask in _questions(rows):
            times = sorted(_timed(tx, ask, seed) for seed in range(LOOKS))
            print(f"{name:36s} {median(times) * 1e3:7.2f} ms, the slowest of {LOOKS} {times[-1] * 1e3:7.2f} ms")


def _size(engine: Engine, folder: Path) -> int:
    if engine.dialect.name == "sqlite":
        return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    with Session(engine) as tx:
        size: int = tx.scalars(text("SELECT pg_database_size(current_database())")).one()
    return size


def _fill(engine: Engine, rows: int) -> None:
    with Session(engine) as tx:
        there = finding.everything(tx, most=1)
    done = there[0].id if there else 0
    with Progress("rows", rows) as bar:
        bar.step(done)
        while done < rows:
            many = range(done, min(done + 10_000, rows))
            with _hasty(engine) as tx:
                record_many(tx, (various(n, rows) for n in many))
            done += len(many)
            bar.step(len(many))


def _index(engine: Engine) -> None:
    with Session(engine) as tx:
        settled, done = indexing.settled(tx), finding.indexed_to(tx)
    with Progress("index", settled) as bar:
        bar.step(done)
        while True:
            with _hasty(engine) as tx:
                number = sum(indexing.extend(tx, settled) for _ in range(STEPS))
            if not number:
                return
            bar.step(number)


@contextmanager
def _hasty(engine: Engine) -> Iterator[Session]:
    """A transaction that nobody would mind losing."""
    with Session(engine) as tx:
        begin_write(tx)
        yield tx
        tx.commit()


def _questions(rows: int) -> Iterator[tuple[str, Callable[[Session, random.Random], object]]]:
    def number(rng: random.Random) -> int:
        return rng.randrange(rows)

    def page(tx: Session, question: Question, viewer: Viewer = ADMINISTRATOR) -> object:
        return asking.page(tx, viewer, question, limit=50)

    def sender(rng: random.Random) -> str:
        return f"s{number(rng) % SENDERS}@example.net"

    def user(rng: random.Random) -> int:
        return number(rng) % USERS + 1

    yield "by the door's id", lambda tx, rng: page(tx, Question(id=f"63f1{number(rng):012x}2a1"))
    yield "by Message-ID", lambda tx, rng: page(tx, Question(message_id=f"{number(rng)}.abc@example.net"))
    yield "by queue id", lambda tx, rng: page(tx, Question(id=str(number(rng) // 4 * 4)))
    yield "by queue id, there is none", lambda tx, rng: page(tx, Question(id=str(number(rng) // 4 * 4 + 1)))
    yield "by a sender's address, 50 rows", lambda tx, rng: page(tx, Question(sender(rng)))
    yield "by a recipient's address, 50 rows", lambda tx, rng: page(tx, Question(f"u{user(rng)}@example.com"))
    yield "the newest 50 refusals", lambda tx, rng: page(tx, Question(refused=True))
    yield "refusals of a sender's", lambda tx, rng: page(tx, Question(sender(rng), refused=True))
    yield "a user's newest 50", lambda tx, rng: page(tx, Question(), Viewer(user(rng)))
    yield "a domain's newest 50", lambda tx, rng: finding.find(tx, keys.of_domain("example.com"), most=50)
    yield "a message's whole story", lambda tx, rng: asking.story(tx, ADMINISTRATOR, number(rng) + 1)


def _timed(tx: Session, ask: Callable[[Session, random.Random], object], seed: int) -> float:
    rng = random.Random(seed)
    begun = time.perf_counter()
    ask(tx, rng)
    return time.perf_counter() - begun


def main() -> None:
    match sys.argv[1:]:
        case ["cost"]:
            cost()
        case ["look", *more]:
            rows, place = int(more[0]) if more else ROWS, more[1] if len(more) > 1 else ""
            with tempfile.TemporaryDirectory() as folder:
                if "://" in place:
                    look(rows, Path(folder), place)
                else:
                    look(rows, Path(place or folder))
        case _:
            print(__doc__)


if __name__ == "__main__":
    main()
