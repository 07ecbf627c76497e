"""Every command on somebody else's mailbox without the right that it takes (RFC 4314 §4): refused, and nothing done."""

from __future__ import annotations

import asyncio
import imaplib
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from mailnode.directory.models import User
from mailnode.imap import serve, updates
from mailnode.store import access, permitted, retention, rights
from mailnode.store.access import Reader
from tests.support.imap_wire import logged_in
from tests.support.imapd import PASSWORD, ReadingServer, mail

BOX = '"Other Users/{owner}/Work"'
BY_NAME = (
    f"SELECT {BOX}",
    f"EXAMINE {BOX}",
    f"STATUS {BOX} (MESSAGES UNSEEN)",
    f"GETACL {BOX}",
    f"SETACL {BOX} {{other}} lrswipkxtea",
    f"SETACL {BOX} anyone +r",
    f"DELETEACL {BOX} {{owner}}",
    f"LISTRIGHTS {BOX} {{other}}",
    f"DELETE {BOX}",
    f"RENAME {BOX} Mine",
    f'RENAME {BOX} {BOX[:-1]}2"',
    f'CREATE {BOX[:-1]}/Below"',
    f"CREATE {BOX}",
    f"GETQUOTAROOT {BOX}",
    f"GETMETADATA {BOX} /shared/comment",
    f'SETMETADATA {BOX} (/shared/comment "x")',
    f"COPY 1 {BOX}",
    f"MOVE 1 {BOX}",
    f"UID COPY 1 {BOX}",
)
# With every right but this one the command is refused, with it alone (and r, to get there) it is not.
BY_RIGHT = (
    ("s", "STORE 1 +FLAGS (\\Seen)"),
    ("t", "STORE 1 +FLAGS (\\Deleted)"),
    ("w", "STORE 1 +FLAGS (\\Flagged)"),
    ("w", "STORE 1 +FLAGS ($Mine)"),
    ("e", "EXPUNGE"),
    ("e", "UID EXPUNGE 1"),
    ("i", f"COPY 1 {BOX}"),
    ("a", f"GETACL {BOX}"),
    ("a", f"SETACL {BOX} anyone l"),
    ("x", f"DELETE {BOX}"),
    ("k", f'CREATE {BOX[:-1]}/Below"'),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingServer]:
    with ReadingServer(serve, tmp_path_factory.mktemp("rights")) as made:
        yield made


class Scene:
    """Somebody with a message in Work, and somebody else with these rights on it."""

    def __init__(self, server: ReadingServer, held: str) -> None:
        self.server = server
        self.owner, self.other = server.add_user(), server.add_user()
        who = Reader(self.owner.id, self.owner.address)
        server.write(lambda tx: permitted.create(tx, who, "Work"))
        server.deliver(self.owner.id, mail(1, "Secret"), "Work")
        server.deliver(self.other.id, mail(2))
        self.share(held)

    def share(self, held: str) -> None:
        who = Reader(self.owner.id, self.owner.address)
        self.server.write(
            lambda tx: permitted.share(tx, access.find(tx, who, "Work").access, self.other.address, frozenset(held))
        )

    def client(self, user: User) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.server.port)
        client.login(user.address, PASSWORD)
        return client

    def ask(self, client: imaplib.IMAP4, command: str) -> tuple[str, bytes]:
        """The tagged answer, and everything that came with it."""
        text = command.format(owner=self.owner.address, other=self.other.address)
        tag = client._new_tag()  # type: ignore[attr-defined]
        client.send(tag + b" " + text.encode() + b"\r\n")
        lines = []
        while not (line := client.readline()).startswith(tag):
            assert line, f"closed during {text}"
            lines.append(line)
        return line[len(tag) + 1 :].decode(), b"".join(lines)

    def state(self) -> tuple[str, ...]:
        """What the owner sees."""
        client = self.client(self.owner)
        asked = ('LIST "" *', "GETACL Work", "EXAMINE Work", "FETCH 1:* (FLAGS BODY.PEEK[])", 'GETQUOTA ""')
        seen = tuple(self.ask(client, one)[1].decode() for one in asked)
        client.logout()
        return seen


def refusal(held: str, command: str) -> str:
    """The code of the answer. To make something takes a right on what is above, of which nothing is said either."""
    if command.startswith("CREATE") or held:
        return "NO [NOPERM] "
    return "NO [TRYCREATE] " if command.startswith(("COPY", "MOVE", "UID")) else "NO [NONEXISTENT] "


@pytest.mark.parametrize("held", ["", "l"])
def test_a_mailbox_without_rights_is_not_there_and_one_to_look_up_can_only_be_seen(
    server: ReadingServer, held: str
) -> None:
    scene = Scene(server, held)
    before = scene.state()
    client = scene.client(scene.other)
    for command in BY_NAME:
        client.select("INBOX")  # a failed SELECT has left nothing selected
        answer, lines = scene.ask(client, command)
        assert answer.startswith(refusal(held, command)), (command, answer)
        assert lines == b""
    client.logout()
    assert scene.state() == before


def test_a_hidden_mailbox_is_answered_like_none(server: ReadingServer) -> None:
    """Letter for letter."""
    scene = Scene(server, "")
    client = scene.client(scene.other)
    said: dict[str, list[str]] = {"Work": [], "Nowhere": []}
    for name, answers in said.items():
        for command in BY_NAME:
            client.select("INBOX")
            answers.append(scene.ask(client, command.replace("/Work", f"/{name}"))[0])
    client.logout()
    assert said["Work"] == said["Nowhere"]


@pytest.mark.parametrize(("right", "command"), BY_RIGHT)
def test_each_right_permits_its_command_and_no_other_right_does(
    server: ReadingServer, right: str, command: str
) -> None:
    scene = Scene(server, "lr" + right)
    client = scene.client(scene.other)
    client.select(BOX.format(owner=scene.owner.address), readonly=right in "akx")
    if "EXPUNGE" not in command and "DELETE" not in command:
        assert scene.ask(client, command)[0].startswith("OK"), command
    scene.share("".join(sorted(rights.ALL - {right})))
    before = scene.state()
    answer, _ = scene.ask(client, command)
    assert answer.startswith("NO [NOPERM]"), (command, answer)
    assert scene.state() == before
    client.logout()


def test_nobody_logs_in_as_the_owner_of_a_domain_s_mailboxes(server: ReadingServer) -> None:
    user = server.add_user(administrator=True)
    server.write(lambda tx: permitted.create(tx, Reader(user.id, user.address), "Shared/Team"))
    client = imaplib.IMAP4("127.0.0.1", server.port)
    for password in ("*", "", PASSWORD):
        with pytest.raises(imaplib.IMAP4.error):
            client.login("+shared@example.com", password or '""')
    client.logout()


def test_ids_of_another_s_message_search_nothing(server: ReadingServer) -> None:
    scene = Scene(server, "")
    client = scene.client(scene.other)
    client.select("INBOX")
    for number in range(1, 50):
        _, lines = scene.ask(client, f"SEARCH EMAILID M{number}")
        assert lines.split() in ([b"*", b"SEARCH"], [b"*", b"SEARCH", b"1"])
    _, lines = scene.ask(client, 'ESEARCH IN (subtree "Other Users" personal subscribed inboxes) TEXT Secret')
    assert lines == b""
    client.logout()


def test_rights_that_go_while_the_mailbox_opens_are_gone(
    server: ReadingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(server, "lrs")

    async def claim(*_: object) -> int:
        await asyncio.to_thread(scene.share, "")
        await asyncio.sleep(0.1)
        return 0

    monkeypatch.setattr(updates, "claim_recent", claim)
    with logged_in(server.port, scene.other.address) as wire:
        assert wire.command("SELECT " + BOX.format(owner=scene.owner.address))[-1].split()[1] == b"OK"
        wire.socket.sendall(b"a FETCH 1 BODY.PEEK[]\r\n")
        assert wire.lines.readline() == b"* BYE You may no longer read this mailbox\r\n"


def test_what_somebody_else_replaces_can_be_restored(server: ReadingServer) -> None:
    """Old versions of one's own drafts are not kept; but nobody makes others' mail go for good."""
    scene = Scene(server, "lrswite")
    with logged_in(server.port, scene.other.address) as wire:
        wire.command("SELECT " + BOX.format(owner=scene.owner.address))
        assert wire.command("STORE 1 +FLAGS (\\Draft)")[-1].split()[1] == b"OK"
        assert wire.command("REPLACE 1 INBOX {3+}\r\nnew")[-1].split()[1] == b"OK"
    with Session(server.context.offload.engine) as tx:
        assert retention.held(tx, scene.owner.id).messages == 1
