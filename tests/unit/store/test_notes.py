"""Notes with mailboxes and the server (RFC 5464): whose they are, how many there may be, and who hears of them."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from mailnode.directory.models import User
from mailnode.errors import AnnotationTooLarge, NoRight, TooManyAnnotations
from mailnode.store import changes, mailboxes, notes
from mailnode.store.changes import What
from mailnode.store.models import Annotation
from mailnode.store.notes import Holder, Note
from tests.support.store import Store
from tests.unit.store.conftest import add_user


def inbox(store: Store, owner_id: int, reader_id: int) -> Holder:
    with store.read() as tx:
        return Holder(owner_id, mailboxes.by_name(tx, owner_id, "INBOX").id, reader_id)


def test_a_private_note_is_seen_by_its_reader_only(store: Store, user_id: int) -> None:
    reader_id = add_user(store, "reader")
    mine, theirs = inbox(store, user_id, user_id), inbox(store, user_id, reader_id)
    with store.write() as tx:
        notes.change(tx, mine, [("/private/comment", b"mine"), ("/shared/comment", b"ours")])
        notes.change(tx, theirs, [("/private/comment", b"theirs")])
        assert notes.read(tx, mine) == [Note("/private/comment", b"mine"), Note("/shared/comment", b"ours")]
        assert notes.read(tx, theirs) == [Note("/private/comment", b"theirs"), Note("/shared/comment", b"ours")]


def test_a_private_note_is_in_the_journal_of_its_reader(store: Store, user_id: int) -> None:
    reader_id = add_user(store, "reader")
    theirs = inbox(store, user_id, reader_id)
    with store.write() as tx:
        before = changes.latest(tx, user_id), changes.latest(tx, reader_id)
        notes.change(tx, theirs, [("/private/comment", b"theirs"), ("/shared/comment", b"ours")])
        of_owner = changes.tree_since(tx, user_id, before[0], 10)
        of_reader = changes.tree_since(tx, reader_id, before[1], 10)
    assert [(change.what, change.old) for change in of_owner] == [(What.ANNOTATION, "/shared/comment")]
    assert [(change.what, change.old) for change in of_reader] == [(What.ANNOTATION, "/private/comment")]


def test_a_reader_who_is_removed_leaves_no_note(store: Store, user_id: int) -> None:
    reader_id = add_user(store, "reader")
    theirs = inbox(store, user_id, reader_id)
    with store.write() as tx:
        notes.change(tx, theirs, [("/private/comment", b"theirs"), ("/shared/comment", b"ours")])
        tx.execute(delete(User).where(User.id == reader_id))
        assert tx.scalars(select(Annotation.entry)).all() == ["/shared/comment"]


def test_there_may_be_so_many(store: Store, user_id: int) -> None:
    mine = inbox(store, user_id, user_id)
    with store.write() as tx:
        notes.change(tx, mine, [(f"/private/{number}", b"") for number in range(notes.MOST)])
        notes.change(tx, mine, [("/shared/0", b"")])
        with pytest.raises(TooManyAnnotations):
            notes.change(tx, mine, [("/private/more", b"")])


def test_there_may_be_so_much(store: Store, user_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "LARGEST_OF_USER", 10)
    mine = inbox(store, user_id, user_id)
    with store.write() as tx:
        with pytest.raises(AnnotationTooLarge):
            notes.change(tx, mine, [("/private/comment", bytes(notes.LARGEST + 1))])
        notes.change(tx, mine, [("/private/comment", bytes(10))])
        with pytest.raises(TooManyAnnotations):
            notes.change(tx, mine, [("/private/more", b"x")])


def test_only_administrators_speak_for_the_server(store: Store, user_id: int) -> None:
    server = notes.server_for(user_id)
    with store.write() as tx:
        with pytest.raises(NoRight):
            notes.change(tx, server, [("/shared/comment", b"x")])
        notes.change(tx, server, [("/shared/comment", b"x")], administrator=True)
        with pytest.raises(NoRight):
            notes.change(tx, server, [("/shared/admin", b"mailto:me@example.com")], administrator=True)
        assert Note("/shared/comment", b"x") in notes.read(tx, server)
        notes.change(tx, server, [("/shared/comment", None)], administrator=True)
        assert [note.entry for note in notes.read(tx, server)] == ["/shared/admin"]


def test_the_room_of_a_private_note_is_its_readers(store: Store, user_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody fills the room of whoever shares a mailbox with them."""
    monkeypatch.setattr(notes, "LARGEST_OF_USER", 10)
    reader_id = add_user(store, "reader")
    with store.write() as tx:
        notes.change(tx, inbox(store, user_id, reader_id), [("/private/comment", bytes(10))])
        notes.change(tx, inbox(store, user_id, user_id), [("/private/comment", bytes(10))])
        with pytest.raises(TooManyAnnotations):
            notes.change(tx, inbox(store, reader_id, reader_id), [("/private/comment", b"x")])
