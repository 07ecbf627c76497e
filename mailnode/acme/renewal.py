"""When a certificate is asked for: when there is none, and when a third of its time is left.

One process of a data folder does it, the one that holds the lock on ``acme/lock``; the doors of every process see
the new files and load them. What fails is tried again after an hour, then after two, at most once a day, because
authorities count the failures of a name; the certificate that is there stays in use meanwhile. So is one that comes
with so little time left that it is due at once: they count what they have issued, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from mailnode import certificates, log
from mailnode.acme import challenges, names
from mailnode.acme.apart import apart
from mailnode.acme.values import Authority, Issued, NotIssued
from mailnode.context import Context
from mailnode.database import utcnow
from mailnode.settings import Listen, Settings

LOOK_SECONDS = 600.0
ORDER_SECONDS = 600.0  # for one certificate; each of an order's steps has shorter limits of its own
WEB_SECONDS, WEB_PAUSE = 60.0, 0.2
FIRST_PAUSE, LONGEST_PAUSE = timedelta(hours=1), timedelta(days=1)
LEFT = 1 / 3  # of a certificate's time

_log = log.get("acme")


async def run(context: Context, stop: asyncio.Event) -> None:
    """Keep certificates for the names of the settings until ``stop``; does nothing where there is no authority."""
    if not context.settings.acme_directory:
        return
    with elected(context.settings.data_dir / "acme") as mine:
        if not mine:
            return
        await _web_process(context.settings.listen_http, stop)
        looking = asyncio.create_task(_look_again_and_again(Renewal(context)))
        await asyncio.wait((looking, asyncio.create_task(stop.wait())), return_when=asyncio.FIRST_COMPLETED)
        looking.cancel()  # an authority that takes its time is not waited for
        with contextlib.suppress(asyncio.CancelledError):
            await looking


async def _look_again_and_again(renewal: Renewal) -> None:
    while True:
        await renewal.look(utcnow())
        await asyncio.sleep(LOOK_SECONDS)


async def _web_process(listens: Sequence[Listen], stop: asyncio.Event) -> None:
    """Wait until it can be asked for proofs: it takes longer to start than we do, and a failure costs an hour."""
    end = time.monotonic() + WEB_SECONDS
    for listen in listens:
        while listen.port and not stop.is_set() and time.monotonic() < end and not await _listens(listen):
            await asyncio.sleep(WEB_PAUSE)


async def _listens(listen: Listen) -> bool:
    try:
        _, writer = await asyncio.open_connection(listen.host or "localhost", listen.port)
    except OSError:
        return False
    writer.close()
    return True


@contextlib.contextmanager
def elected(folder: Path) -> Iterator[bool]:
    """Whether this process is the one; the kernel lets go of the lock of one that dies."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(handle)


@dataclass(slots=True)
class Renewal:
    """Which names have had a failure, and until when they are let be."""

    context: Context
    pauses: dict[str, tuple[datetime, timedelta]] = field(default_factory=dict)

    async def look(self, now: datetime) -> None:
        """Ask for what is due."""

        def is_wanted(name: str) -> bool:
            return now >= self._pause(name, now)[0] and is_due(self.context.settings, name, now)

        for name in filter(is_wanted, names.of_settings(self.context.settings)):
            await self._ask(name, now)
        for name in await names.of_policies(self.context, is_wanted):
            await self._ask(name, now)

    def _pause(self, name: str, now: datetime) -> tuple[datetime, timedelta]:
        return self.pauses.get(name, (now, timedelta()))

    async def _ask(self, name: str, now: datetime) -> None:
        try:
            await self._obtain(name)
            if is_due(self.context.settings, name, now):  # the authority's clock, or ours, is wrong
                raise NotIssued("The certificate that has come has less than a third of its time left")
            self.pauses.pop(name, None)
        except NotIssued as error:
            pause = min(max(FIRST_PAUSE, self._pause(name, now)[1] * 2), LONGEST_PAUSE)
            self.pauses[name] = (now + pause, pause)
            _log.error("no certificate", name=name, error=str(error), again=str(now + pause))
        except Exception:
            self.pauses[name] = (now + LONGEST_PAUSE, LONGEST_PAUSE)
            _log.exception("no certificate", name=name)

    async def _obtain(self, name: str) -> None:
        from mailnode.acme.ordering import order  # with all that speaks HTTP, which nobody else here needs

        offload, settings = self.context.offload, self.context.settings

        def show(proofs: Mapping[str, str]) -> None:
            offload.write_now(lambda tx: challenges.put(tx, proofs, now=utcnow()))

        def withdraw(proofs: Mapping[str, str]) -> None:
            offload.write_now(lambda tx: challenges.withdraw(tx, proofs))

        authority = Authority(
            settings.acme_directory,
            settings.acme_contact,
            settings.acme_trusted,
            settings.acme_eab_id,
            settings.acme_eab_key,
        )
        account = settings.data_dir / "acme" / "account.pem"
        try:
            issued = await apart(partial(order, authority, account, name, show, withdraw), ORDER_SECONDS)
        except TimeoutError:
            raise NotIssued("The authority did not come to an end in time") from None
        keep(issued, certificates.folder(settings), name)
        _log.info("certificate kept", name=name)


def is_due(settings: Settings, name: str, now: datetime) -> bool:
    """Whether the certificate of a name is missing, has less than a third of its time left, or cannot be shown: when
    somebody pulls the plug between `keep`'s two files, they are of two certificates."""
    try:
        begins, ends = certificates.usable(settings, name)
    except (OSError, ValueError):
        return True
    return ends - now < (ends - begins) * LEFT


def keep(issued: Issued, folder: Path, name: str) -> None:
    """Put both files where `certificates` finds them: the key first, which alone changes nothing for open doors."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    certificates.write(folder / f"{name}.key", issued.key, 0o600)
    certificates.write(folder / f"{name}.pem", issued.chain, 0o644)
