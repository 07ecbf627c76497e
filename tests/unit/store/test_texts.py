"""Whether the searchable text is kept beside a body or read from it, it is the same."""

from __future__ import annotations

import pytest
import zstandard
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from mailnode.message import structure
from mailnode.message.text import search_text
from mailnode.store import incoming, mailboxes, messages, search, texts
from mailnode.store import query as q
from mailnode.store.blobs.objects import Objects
from mailnode.store.blobs.segments import Segments
from mailnode.store.models import BlobText
from mailnode.store.opening import blobs_of
from tests.support.store import Store
from tests.unit.store.mail import mail

PLAIN = mail(text="Öl and water")
HTML = PLAIN.replace(b"text/plain", b"text/html")


def kept(tx: Session) -> int:
    return tx.scalar(select(func.count()).select_from(BlobText)) or 0


def found(store: Store, user_id: int, text: str) -> list[int]:
    with store.read() as tx:
        return search.find(tx, user_id, mailboxes.by_name(tx, user_id, "INBOX").id, q.BodyText(text))


@pytest.mark.parametrize("raw", [PLAIN, HTML, b"\r\nno header", b"Subject: =?utf-8?b?w5Y=?=\r\n\r\n=E9", b""])
def test_of_a_body_it_is_what_would_be_kept(raw: bytes) -> None:
    made = incoming.incoming(raw).digest
    text = search_text(raw, structure.scan(raw))
    assert made.text in (text, None)
    packed = texts.pack(texts.searchable(raw[: made.header_size], text))
    assert texts.of_body(raw, made.header_size, made.parts) == texts.unpack(packed)


@pytest.mark.parametrize(("raw", "copies"), [(PLAIN, 0), (HTML, 1), (PLAIN + b"x" * incoming.PLAIN, 1)])
def test_that_of_a_small_plain_message_is_not_kept(store: Store, user_id: int, raw: bytes, copies: int) -> None:
    with store.write() as tx:
        messages.append(tx, user_id, "INBOX", raw)
        assert kept(tx) == copies
    assert found(store, user_id, "ÖL AND") == [1]


@pytest.mark.parametrize("raw", [PLAIN, PLAIN + b"some words\r\n" * 10_000])
def test_where_reading_takes_long_it_is_kept(
    store: Store, user_id: int, monkeypatch: pytest.MonkeyPatch, raw: bytes
) -> None:
    monkeypatch.setattr(incoming, "Segments", Objects)  # so that this machine's disk is somewhere else
    with store.write() as tx:
        messages.append(tx, user_id, "INBOX", raw)
        made = incoming.incoming(raw).digest
        assert [texts.unpack(one) for one in tx.scalars(select(BlobText.text))] == [
            texts.of_body(raw, made.header_size, made.parts)
        ]


def test_a_damaged_body_hides_no_other_one(store: Store, user_id: int) -> None:
    with store.write() as tx:
        messages.append(tx, user_id, "INBOX", PLAIN)
        segments = blobs_of(tx)
        assert isinstance(segments, Segments)
        segments.sync()
        (path,) = segments.folder.glob("*.seg")
        size = path.stat().st_size
    path.write_bytes(bytes(size))
    with store.write() as tx:
        messages.append(tx, user_id, "INBOX", HTML)
    assert found(store, user_id, "water") == [2]


def test_what_was_folded_in_the_old_way_is_found(store: Store, user_id: int) -> None:
    with store.write() as tx:
        messages.append(tx, user_id, "INBOX", HTML)
        old = zstandard.compress("subject: x\0öl und wasser\ufb01".encode())
        tx.connection().execute(update(BlobText).values(text=old))
    assert found(store, user_id, "O\u0308L UND") == [1]
