"""The reading doors (IMAP, POP3) on loopback, in a thread with an event loop of its own, over an empty store."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import uvloop
from sqlalchemy.orm import Session

from mailnode import certificates
from mailnode.context import Context
from mailnode.directory.models import Domain, User
from mailnode.directory.users import NewPassword, new_password
from mailnode.node import installation
from mailnode.node.worker import opened_context
from mailnode.settings import Listen, Settings
from mailnode.store import entries, mailboxes, messages, ranges, retention
from mailnode.store.flags import Flags
from mailnode.store.retention import Due
from mailnode.streams import Door

T = TypeVar("T")
PASSWORD = "a-Passw0rd-of-tests"


@lru_cache(maxsize=1)
def kept() -> NewPassword:
    """What the directory keeps of PASSWORD."""
    return new_password(PASSWORD)


def mail(number: int, text: str = "Hello") -> bytes:
    """A small plain message; the number is in its Subject, Date and Message-ID."""
    return (
        f"From: Ann <ann@example.com>\r\nTo: Bob <bob@example.com>\r\nSubject: Message {number}\r\n"
        f"Date: Mon, {number % 27 + 1:02d} Nov 2021 10:00:00 +0000\r\nMessage-ID: <m{number}@example.com>\r\n"
        f"\r\n{text} {number}\r\n"
    ).encode()


class ReadingServer:
    """Use as a context manager. ``port`` speaks plain text first, ``tls_port`` TLS first."""

    def __init__(self, module: ModuleType, directory: Path, **settings: Any) -> None:
        self.module = module
        values: dict[str, Any] = {"data_dir": directory, "hostname": "mail.example.com", "workers": 1}
        values["auth_without_tls"] = "loopback"
        self.settings = Settings(**(values | settings))
        self.context: Context
        self.doors: Sequence[Door] = ()
        self.port = self.tls_port = 0
        self._loop: asyncio.AbstractEventLoop
        self._ready = threading.Event()
        self._stop: asyncio.Event
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._numbers = 0

    def __enter__(self) -> ReadingServer:
        self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        installation.make(self.settings)
        certificates.make(self.settings)
        self._thread.start()
        assert self._ready.wait(120)
        assert self.port, "the server did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(90)

    def _run(self) -> None:
        try:
            uvloop.run(self._main())
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        async with opened_context(self.settings) as self.context:
            anywhere = [Listen("127.0.0.1", 0)]
            plain = await self.module.serve(self.context, anywhere)
            secure = await self.module.serve(self.context, anywhere, tls=True)
            self.doors = (plain, secure)
            self.port, self.tls_port = plain.addresses[0].port, secure.addresses[0].port
            self._ready.set()
            await self._stop.wait()
            for door in self.doors:
                door.close()
            async with asyncio.timeout(60):
                for door in self.doors:
                    await door.wait_closed()

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run something in the server's loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(120)

    def write(self, step: Callable[[Session], T]) -> T:
        return self.context.offload.write_now(step)

    def add_user(self, domain_name: str = "example.com", **values: Any) -> User:
        """A new user with the default mailboxes and PASSWORD."""
        self._numbers += 1
        address = f"user{self._numbers}@{domain_name}"

        def step(tx: Session) -> User:
            domain = tx.query(Domain).filter_by(name=domain_name).one_or_none() or Domain(name=domain_name)
            tx.add(domain)
            tx.flush()
            known = {"password_hash": kept().hash, "scram_keys": kept().scram_keys}
            user = User(domain_id=domain.id, address=address, **(known | values))
            tx.add(user)
            tx.flush()
            mailboxes.create_defaults(tx, user.id)
            return user

        return self.write(step)

    def deliver(self, user_id: int, raw: bytes, mailbox: str = "INBOX", flags: Flags = messages.NO_FLAGS) -> int:
        """Put one message into a mailbox as a delivery would; returns its uid."""
        return self.write(
            lambda tx: messages.append(tx, user_id, mailbox, raw, flags=flags, internal_date=1_636_000_000)
        ).uid

    def forget(self, user_id: int, uids: Sequence[int], mailbox: str = "INBOX") -> None:
        """Remove messages, and all that the journal knows."""

        def step(tx: Session) -> None:
            here = mailboxes.by_name(tx, user_id, mailbox).id
            entries.expunge(tx, user_id, here, ranges.of(uids), only_deleted=False)
            while retention.prune(tx, Due(user_id, before=2**40, room=0)):
                pass

        self.write(step)
