"""What a mailbox of real-looking messages takes on disk, search index included, beside Dovecot's Maildir.

.venv/bin/python -m tests.bench.disk [--messages 10000]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy.orm import Session

from mailnode.database import begin_write
from mailnode.settings import Settings
from mailnode.store import messages
from mailnode.store.index import filling
from mailnode.store.opening import open_store
from tests.bench.figures import Figure, Group
from tests.bench.letters import real_looking
from tests.bench.progress import Progress
from tests.support import store as stores
from tests.support.dovecot import Dovecot
from tests.unit.store.conftest import add_user

GROUP = 200
BLOCK = 512  # octets of a block as stat counts them


def taken(paths: Iterable[Path]) -> int:
    """Octets on disk, of which each file takes whole blocks."""
    return sum(path.lstat().st_blocks * BLOCK for path in paths)


def ours(folder: Path, count: int, bar: Progress) -> dict[str, int]:
    """Fill a store and its index; what each part takes."""
    url = f"sqlite:///{folder / 'mailnode.db'}"
    stores.make_schema(url, folder)
    settings: Settings = stores.settings_for(url, folder)
    engine = open_store(settings)
    store = stores.Store(settings, engine)
    user_id = add_user(store, "anna")
    for start in range(0, count, GROUP):
        with Session(engine) as tx:
            begin_write(tx)
            for number in range(start, min(start + GROUP, count)):
                messages.append(tx, user_id, "INBOX", real_looking(number))
                bar.step()
            tx.commit()
    with store.write() as tx:
        filling.fill_now(tx, user_id, least=filling.LEAST)
    with engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        rows = conn.exec_driver_sql("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").all()
    engine.dispose()
    sizes = {row[0]: row[1] for row in rows if row[1] > 200_000}
    return {"total": taken(folder.rglob("*")), "bodies": taken(folder.rglob("*.seg")), **sizes}


def theirs(folder: Path, count: int, bar: Progress) -> dict[str, int]:
    """Fill a Maildir, and let Dovecot cache what clients ask for."""
    folder.chmod(0o755)
    with Dovecot(folder).connect() as server:
        for number in range(count):
            server.command(b"APPEND INBOX", real_looking(number))
            bar.step()
        server.command(b"SELECT INBOX")
        server.command(b"FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)")
        server.command(b"LOGOUT")
    mail = [*(folder / "mail").rglob("*")]
    indexes = [path for path in mail if path.name.startswith("dovecot")]
    return {"total": taken(mail), "indexes": taken(indexes)}


def compared(count: int) -> Group:
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as other,
        Progress("disk", 2 * count) as bar,
    ):
        mine, others = (side["total"] for side in (ours(Path(one), count, bar), theirs(Path(other), count, bar)))
    figure = Figure(f"{count:,} messages", f"{mine / 2**20:.1f} MiB", f"{others / 2**20:.1f} MiB", others / mine)
    return Group("Room on disk", "Dovecot with Maildir", "search index and caches included", [figure])


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=10_000)
    count = options.parse_args().messages
    octets = sum(len(real_looking(number)) for number in range(count))
    print(f"{count} messages of {octets / 2**20:.1f} MiB")
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as other,
        Progress("disk", 2 * count) as bar,
    ):
        sides = {"mailnode": ours(Path(one), count, bar), "dovecot": theirs(Path(other), count, bar)}
    for name, sizes in sides.items():
        print(name, ", ".join(f"{part} {size / 2**20:.1f} MiB" for part, size in sizes.items()))
    ratio = sides["dovecot"]["total"] / sides["mailnode"]["total"]
    print(f"{'disk':34s} ratio {ratio:6.2f}")
    return 0 if ratio > 1 else 1


if __name__ == "__main__":
    sys.exit(main())
