"""Small messages to put into a store."""

from __future__ import annotations

from mailnode.store import messages
from mailnode.store.flags import Flags
from tests.support.store import Store


def mail(number: int = 1, text: str = "Hello", subject: str = "") -> bytes:
    title = subject or f"Message {number}"
    return (
        f"From: Ann <ann@example.com>\r\nTo: one@example.com\r\nSubject: {title}\r\n"
        f"Date: Mon, 02 Nov 2026 10:00:{number % 60:02d} +0000\r\nMessage-ID: <m{number}@example.com>\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()


def fill(store: Store, user_id: int, count: int, mailbox: str = "INBOX", flags: Flags = messages.NO_FLAGS) -> list[int]:
    """Append ``count`` messages; returns their uids."""
    with store.write() as tx:
        return [
            messages.append(tx, user_id, mailbox, mail(n), flags=flags, internal_date=1_000_000 + n).uid
            for n in range(1, count + 1)
        ]
