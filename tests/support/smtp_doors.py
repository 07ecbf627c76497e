"""The writing doors (mx, submission) over an empty store, with some users, aliases and a domain to try."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailnode.directory import edit
from mailnode.queue.models import QueueMessage, QueueRecipient
from mailnode.store import bodies, mailboxes, messages
from mailnode.store.ranges import EVERYTHING
from tests.support.imapd import ReadingServer, kept

LETTER = b"From: ann@example.com\r\nTo: bob@example.com\r\nSubject: x\r\n\r\nHello\r\n"


class SmtpDoors(ReadingServer):
    """One door with ann, bob and full (who has no room) in example.com, and aliases of them."""

    def __init__(self, module: ModuleType, directory: Path, **settings: Any) -> None:
        super().__init__(module, directory, **settings)
        self.users: dict[str, int] = {}

    def __enter__(self) -> SmtpDoors:
        super().__enter__()
        self.write(self._populate)
        return self

    def _populate(self, tx: Session) -> None:
        edit.create_domain(tx, "example.com", over_quota_text="Full; ask the office")
        for name, quota in (("ann", None), ("bob", None), ("full", 100)):
            address, known = f"{name}@example.com", kept()
            user = edit.create_user(
                tx, address, password_hash=known.hash, scram_keys=known.scram_keys, quota_bytes=quota
            )
            mailboxes.create_defaults(tx, user.id)
            self.users[name] = user.id
        messages.append(tx, self.users["full"], mailboxes.INBOX, b"Subject: old\r\n\r\n" + b"x" * 60)
        edit.create_alias(tx, "team@example.com", ["ann@example.com", "bob@example.com", "far@remote.example"])
        edit.create_alias(tx, "anna@example.com", ["ann@example.com"])

    def inbox(self, name: str, mailbox: str = mailboxes.INBOX) -> list[bytes]:
        """The messages in a user's INBOX, or another mailbox, as they are read."""
        user_id = self.users[name]

        def read(tx: Session) -> list[bytes]:
            inbox = mailboxes.by_name(tx, user_id, mailbox).id
            uids = [row[0] for row in messages.rows(tx, user_id, inbox, EVERYTHING, ("uid",))]
            return [messages.read(tx, user_id, inbox, uid) for uid in uids]

        return self.context.offload.read_now(read)

    def queued(self) -> list[tuple[QueueMessage, list[str], bytes]]:
        """What waits to leave: the message, its recipients, its bytes."""

        def read(tx: Session) -> list[tuple[QueueMessage, list[str], bytes]]:
            found = []
            for one in tx.scalars(select(QueueMessage).order_by(QueueMessage.id)):
                waiting = select(QueueRecipient.address).where(QueueRecipient.message_id == one.id)
                found.append((one, sorted(tx.scalars(waiting)), bodies.read(tx, one.blob_id)))
            return found

        return self.context.offload.read_now(read)


class Talk:
    """A client that sends lines and gives back the last line of each reply. One that does not wait talks first."""

    def __init__(self, port: int, hello: str = "client.example.org", source: str = "", *, waits: bool = True) -> None:
        here = (source, 0) if source else None
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60, source_address=here)
        self._file = self._socket.makefile("rb")
        if waits:
            self.reply()
            self.say(f"EHLO {hello}")
        else:
            self.say(f"EHLO {hello}")  # the greeting is what comes back
            self.reply()

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def reply(self) -> str:
        while line := self._file.readline():
            if line[3:4] == b" ":
                return line.decode().rstrip("\r\n")
        return ""

    def say(self, line: str) -> str:
        self._socket.sendall(line.encode() + b"\r\n")
        return self.reply()

    def send(self, sender: str, recipients: Sequence[str], content: bytes = LETTER) -> str:
        """A whole transaction; the first reply that is no success, or the last."""
        for line in (f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{one}>" for one in recipients)):
            answer = self.say(line)
            if not answer.startswith("250"):
                self.say("RSET")
                return answer
        assert self.say("DATA").startswith("354")
        self._socket.sendall(content + b".\r\n")
        return self.reply()
