"""How many messages a second the store takes, alone: many steps in flight on one writer thread."""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from mailnode import database
from mailnode.directory.models import Domain, User
from mailnode.offload import Offload
from mailnode.settings import Settings
from mailnode.store import mailboxes, messages
from mailnode.store.incoming import incoming
from mailnode.store.opening import open_store

SIZE = 4096
IN_FLIGHT = 50


def sample(number: int) -> bytes:
    """A message of about `SIZE` bytes; words from a small vocabulary, so that it compresses like mail."""
    rng = random.Random(number)
    text = " ".join(f"w{rng.randrange(20000):05d}" for _ in range(SIZE // 7))
    lines = "\r\n".join(text[at : at + 70] for at in range(0, len(text), 70))
    return (
        f"From: s{number % 97} <s{number % 97}@example.net>\r\nTo: u@example.com\r\nSubject: Report {number}\r\n"
        f"Date: Mon, 02 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{number}@example.net>\r\n\r\n{lines}\r\n"
    ).encode()


def prepare(folder: Path) -> tuple[Offload, int]:
    engine = open_store(Settings(data_dir=folder, hostname="mail.example.com"))
    database.Base.metadata.create_all(engine)
    offload = Offload(engine)

    def user(tx: database.Session) -> int:
        domain = Domain(name="example.com")
        tx.add(domain)
        tx.flush()
        made = User(domain_id=domain.id, address="u@example.com", password_hash="")
        tx.add(made)
        tx.flush()
        mailboxes.create_defaults(tx, made.id)
        return made.id

    return offload, offload.write_now(user)


async def fill(offload: Offload, user_id: int, mails: list[bytes], in_flight: int) -> None:
    todo = iter(mails)

    async def deliver() -> None:
        for raw in todo:
            message = incoming(raw)
            await offload.write(lambda tx, message=message: messages.append(tx, user_id, "INBOX", message))

    await asyncio.gather(*(deliver() for _ in range(in_flight)))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    in_flight = int(sys.argv[2]) if len(sys.argv) > 2 else IN_FLIGHT
    mails = [sample(number) for number in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        offload, user_id = prepare(Path(folder))
        wall, cpu = time.perf_counter(), time.process_time()
        asyncio.run(fill(offload, user_id, mails, in_flight))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        offload.close()
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    print(f"{count} messages, {in_flight} in flight: {count / wall:.0f}/s, {cpu / count * 1e6:.0f} us CPU each, "
          f"{size / count:.0f} bytes on disk each")  # fmt: skip


if __name__ == "__main__":
    main()
