"""Commands in, values out: one table for each family, and what must be refused."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from mailnode.errors import BadMailboxName, ProtocolError
from mailnode.proto.imap import commands as c
from mailnode.proto.imap.framing import Frame
from mailnode.proto.imap.parse import parse
from mailnode.proto.imap.sequence_set import SequenceSet, parse_sequence_set


def read(text: bytes, *literals: bytes) -> c.Command:
    return parse(Frame(text, literals))


def numbers(text: bytes) -> SequenceSet:
    return parse_sequence_set(text)


ACCESS = [
    (b"a CAPABILITY", c.Capability("a")),
    (b"a noop", c.Noop("a")),
    (b"a NOOP  ", c.Noop("a")),
    (b"a STARTTLS", c.StartTls("a")),
    (b"a ID NIL", c.Id("a", ())),
    (b'a ID ("name" "mutt" "version" NIL)', c.Id("a", (("name", "mutt"), ("version", None)))),
    (b"a ENABLE CONDSTORE x-GOOD", c.Enable("a", ("CONDSTORE", "X-GOOD"))),
    (b"a LOGIN me secret", c.Login("a", "me", "secret")),
    (b'a LOGIN "me@example.com" "a \\"b\\" \\\\"', c.Login("a", "me@example.com", 'a "b" \\')),
    (b"a LOGIN me \xc3\xa4".replace(b"\xc3\xa4", b'"\xc3\xa4"'), c.Login("a", "me", "ä")),
    (b"a AUTHENTICATE plain", c.Authenticate("a", "PLAIN", None)),
    (b"a AUTHENTICATE PLAIN =", c.Authenticate("a", "PLAIN", b"")),
    (b"a AUTHENTICATE PLAIN AG1lAHB3", c.Authenticate("a", "PLAIN", b"\0me\0pw")),
]

MAILBOXES = [
    (b"a SELECT inbox", c.Select("a", "INBOX", False)),
    (b"a EXAMINE Sent", c.Select("a", "Sent", True)),
    (b"a SELECT x (CONDSTORE)", c.Select("a", "x", False, condstore=True)),
    (
        b"a SELECT x (QRESYNC (7 20 1:5 (1,3 2,4)))",
        c.Select("a", "x", False, qresync=c.Qresync(7, 20, numbers(b"1:5"), numbers(b"1,3"), numbers(b"2,4"))),
    ),
    (b"a SELECT x (QRESYNC (7 20 (1,3 2,4)) CONDSTORE)",
     c.Select("a", "x", False, True, c.Qresync(7, 20, None, numbers(b"1,3"), numbers(b"2,4")))),
    (b"a CREATE Entw&APw-rfe", c.Create("a", "Entwürfe")),
    (b"a CREATE x (USE (\\sent \\Trash))", c.Create("a", "x", ("\\Sent", "\\Trash"))),
    (b"a CREATE x (USE (\\Nosuch))", c.Create("a", "x", ("\\Nosuch",))),
    (b'a RENAME "a b" c', c.Rename("a", "a b", "c")),
    (b"a DELETE x", c.Delete("a", "x")),
    (b"a SUBSCRIBE x", c.Subscribe("a", "x")),
    (b"a UNSUBSCRIBE x", c.Unsubscribe("a", "x")),
    (b"a STATUS x (messages UNSEEN messages)", c.Status("a", "x", c.StatusItems(("MESSAGES", "UNSEEN")))),
    (b'a GETQUOTA ""', c.GetQuota("a", "")),
    (b"a GETQUOTAROOT INBOX", c.GetQuotaRoot("a", "INBOX")),
    (b'a LSUB "" *', c.Lsub("a", "", "*")),
    (b'a LIST "" ""', c.List("a", "", ("",))),
    (b'a LIST "" %', c.List("a", "", ("%",))),
    (b'a LIST (SUBSCRIBED RECURSIVEMATCH) "" (a% b*)',
     c.List("a", "", ("a%", "b*"), extended=True, subscribed=True, recursive_match=True)),
    (b'a LIST "" * RETURN (CHILDREN STATUS (UNSEEN) SPECIAL-USE)',
     c.List("a", "", ("*",), extended=True, return_children=True, return_special_use=True,
            return_status=c.StatusItems(("UNSEEN",)))),
    (b'a LIST () "" * RETURN ()', c.List("a", "", ("*",), extended=True)),
]  # fmt: skip

MESSAGES = [
    (b"a COPY 2:4 MEETING", c.Copy("a", False, numbers(b"2:4"), "MEETING")),
    (b"a UID MOVE 42:69 foo", c.Move("a", True, numbers(b"42:69"), "foo")),
    (b"a EXPUNGE", c.Expunge("a")),
    (b"a UID EXPUNGE 3000:3002", c.Expunge("a", numbers(b"3000:3002"))),
    (b"a STORE 1 +FLAGS.SILENT (\\seen)", c.Store("a", False, numbers(b"1"), c.StoreMode.ADD, True, ("\\Seen",))),
    (b"a STORE 1 FLAGS \\Seen $Junk", c.Store("a", False, numbers(b"1"), c.StoreMode.SET, False, ("\\Seen", "$Junk"))),
    (b"a STORE 1 flags ()", c.Store("a", False, numbers(b"1"), c.StoreMode.SET, False, ())),
    (b"a UID STORE 1 (UNCHANGEDSINCE 12) -FLAGS (a A)",
     c.Store("a", True, numbers(b"1"), c.StoreMode.REMOVE, False, ("a",), 12)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "command"), ACCESS + MAILBOXES + MESSAGES)
def test_commands(text: bytes, command: c.Command) -> None:
    assert read(text) == command


def test_append_with_everything() -> None:
    found = read(b'a APPEND Sent (\\Seen $x) "17-Jul-1996 02:44:25 -0700" ~\n', b"hello")
    moment = datetime(1996, 7, 17, 2, 44, 25, tzinfo=timezone(timedelta(hours=-7)))
    assert found == c.Append("a", "Sent", (c.AppendMessage(("\\Seen", "$x"), moment, b"hello", binary=True),))


def test_append_of_several_messages() -> None:
    """RFC 3502 §6.3.11."""
    found = read(b"a APPEND \n \n (\\Seen) \n", b"Sent", b"one", b"two")
    assert found == c.Append(
        "a", "Sent", (c.AppendMessage((), None, b"one"), c.AppendMessage(("\\Seen",), None, b"two"))
    )


REFUSED = [
    b"", b" ", b"a", b"a ", b"a NOSUCH", b"a UID", b"a UID NOOP", b"a NOOP x", b"+ NOOP", b"a LOGIN me",
    b"a LOGIN me pw x",
    b'a LOGIN "me pw', b'a LOGIN "m\\e" pw', b"a LOGIN \xff pw", b'a LOGIN "\xff" pw', b"a ID", b"a ID (",
    b"a ID (name x)",
    b"a ENABLE", b"a AUTHENTICATE", b"a AUTHENTICATE PLAIN x", b"a AUTHENTICATE PLAIN \xff\xff", b"a SELECT",
    b'a SELECT ""', b"a SELECT &", b"a SELECT &AAA-", b"a SELECT x (NOSUCH)", b"a SELECT x (QRESYNC (0 1))",
    b"a SELECT x (CONDSTORE", b"a CREATE x (USE (Sent))", b"a STATUS x ()", b"a STATUS x (NOSUCH)",
    b'a LIST (RECURSIVEMATCH) "" *', b'a LIST (NOSUCH) "" *', b'a LIST "" () ', b'a LIST "" * RETURN', b"a COPY x y",
    b"a STORE 1 +FLAGS (\\Recent)", b"a STORE 1 +FLAGS (\\Nosuch)", b"a STORE 1 FLUGS ()", b"a STORE 1 FLAGS",
    b"a APPEND x", b"a APPEND x (\\Seen)", b'a APPEND x "99-Jul-1996 02:44:25 -0700" \n', b"a EXPUNGE 1",
    b"a UID EXPUNGE",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused(text: bytes) -> None:
    with pytest.raises((ProtocolError, BadMailboxName)):
        parse(Frame(text, (b"literal",) * text.count(b"\n")))


def test_a_mailbox_name_that_is_too_long_is_refused() -> None:
    with pytest.raises(ProtocolError):
        read(b"a SELECT " + b"x" * 1001)


def test_names_are_case_blind_but_only_inbox_is_so_among_mailboxes() -> None:
    assert read(b"a select Inbox") == c.Select("a", "INBOX", False)
    assert read(b"a select sent") != read(b"a select Sent")
