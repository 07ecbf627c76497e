"""Fill a mailbox with very many messages in little time, through the store.

The first messages are all different and come in as deliveries do; when there shall be more than ``distinct``, the rest
are copies of them, as COPY makes them: a million messages take a minute, and listing them costs what it costs always.

    .venv/bin/python -m tests.bench.large_mailbox --data DIR --messages 1000000     a data folder with such a mailbox
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from mailnode.database import begin_write
from mailnode.directory import users
from mailnode.settings import Settings
from mailnode.store import entries, mailboxes, messages
from mailnode.store.flags import Flags, flags
from mailnode.store.opening import open_store
from tests.bench.mail import FIRST_DATE, sample
from tests.bench.progress import Progress
from tests.support.node import PASSWORD, Node

GROUP = 500  # messages of one transaction
COPIES = 50_000
DISTINCT = 10_000
DOMAIN = "example.com"
USER = f"u1@{DOMAIN}"
SEEN = flags("\\Seen")

Step = Callable[[int], None]


def fill(
    engine: Engine, user_id: int, mailbox: str, count: int, *, distinct: int = DISTINCT, flags: Flags = SEEN, step: Step
) -> None:
    """Put ``count`` messages into the mailbox; ``step`` hears how many have come."""
    first = min(count, distinct)
    for start in range(0, first, GROUP):
        numbers = range(start, min(start + GROUP, first))
        _append(engine, user_id, mailbox, numbers, flags)
        step(len(numbers))
    done = first
    while done < count:
        many = min(done, count - done, COPIES)
        _copy(engine, user_id, mailbox, many)
        step(many)
        done += many


def _append(engine: Engine, user_id: int, mailbox: str, numbers: range, flags: Flags) -> None:
    with Session(engine) as tx:
        begin_write(tx)
        for number in numbers:
            messages.append(tx, user_id, mailbox, sample(number), flags=flags, internal_date=FIRST_DATE + number * 60)
        tx.commit()


def _copy(engine: Engine, user_id: int, mailbox: str, many: int) -> None:
    """The last ``many`` messages once more."""
    with Session(engine) as tx:
        begin_write(tx)
        row = mailboxes.by_name(tx, user_id, mailbox)
        entries.copy(tx, user_id, row.id, [(row.uid_next - many, row.uid_next - 1)], row.id)
        tx.commit()


def main() -> None:
    options = argparse.ArgumentParser(description="Make a data folder with one very large mailbox")
    options.add_argument("--data", type=Path, required=True, help=f"where; the user is {USER}, the password {PASSWORD}")
    options.add_argument("--messages", type=int, default=1_000_000)
    options.add_argument("--distinct", type=int, default=DISTINCT, help="how many differ; the others are copies")
    wanted = options.parse_args()
    wanted.data.mkdir(parents=True, exist_ok=True)
    node = Node(wanted.data).init(DOMAIN)
    node.add_user(USER)
    settings = Settings(data_dir=wanted.data / "data", hostname=node.name)
    engine = open_store(settings)
    with Session(engine) as tx:
        user_id = users.user(tx, USER).id
    with Progress("messages", wanted.messages) as bar:
        fill(engine, user_id, "INBOX", wanted.messages, distinct=wanted.distinct, step=bar.step)
    engine.dispose()
    print(f"{USER} has {wanted.messages} messages in {settings.data_dir}")


if __name__ == "__main__":
    main()
