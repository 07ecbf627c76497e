"""The door as real client libraries use it: imaplib and IMAPClient, in plain text, under TLS, after STARTTLS."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from tests.support.client import trusting
from tests.support.imapd import PASSWORD, ReadingServer, mail


@pytest.fixture
def client(server: ReadingServer) -> Iterator[IMAPClient]:
    with IMAPClient("127.0.0.1", server.port, ssl=False, timeout=60) as one:
        one.login(server.add_user().address, PASSWORD)
        yield one


def test_imaplib_from_login_to_logout(server: ReadingServer) -> None:
    with imaplib.IMAP4("127.0.0.1", server.port, timeout=60) as client:
        client.login(server.add_user().address, PASSWORD)
        assert client.append("INBOX", "(\\Seen)", imaplib.Time2Internaldate(1_636_000_000), mail(1))[0] == "OK"
        assert client.select("INBOX") == ("OK", [b"1"])
        found = client.fetch("1", "(FLAGS BODY.PEEK[])")
        assert found[0] == "OK"
        assert found[1][0][1] == mail(1)
        assert client.search(None, "SUBJECT", '"Message 1"') == ("OK", [b"1"])
        assert client.store("1", "+FLAGS", "(\\Deleted)")[0] == "OK"
        assert client.expunge() == ("OK", [b"1"])
        assert client.close()[0] == "OK"


def test_imaplib_under_tls(server: ReadingServer) -> None:
    with imaplib.IMAP4_SSL("127.0.0.1", server.tls_port, ssl_context=trusting(), timeout=60) as client:
        client.login(server.add_user().address, PASSWORD)
        assert client.noop()[0] == "OK"


def test_imaplib_after_starttls(server: ReadingServer) -> None:
    with imaplib.IMAP4("127.0.0.1", server.port, timeout=60) as client:
        client.starttls(trusting())
        client.login(server.add_user().address, PASSWORD)
        assert client.append("INBOX", "", "", b"x" * 300_000)[0] == "OK"
        client.select()
        assert len(client.fetch("1", "BODY[]")[1][0][1]) == 300_000


def test_imaplib_authenticates(server: ReadingServer) -> None:
    user = server.add_user().address
    with imaplib.IMAP4("127.0.0.1", server.port, timeout=60) as client:
        client.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
        assert client.state == "AUTH"


def test_folders_in_any_language(client: IMAPClient) -> None:
    client.create_folder("工作/项目")
    assert {name for _, _, name in client.list_folders()} >= {"INBOX", "工作", "工作/项目"}
    client.rename_folder("工作/项目", "工作/旧项目")
    client.delete_folder("工作/旧项目")
    assert not client.folder_exists("工作/旧项目")


def test_special_use(client: IMAPClient) -> None:
    assert client.find_special_folder(b"\\Sent") == "Sent"
    assert client.find_special_folder(b"\\Trash") == "Trash"


def test_fetch_is_understood(client: IMAPClient) -> None:
    client.append("INBOX", mail(7), ["\\Flagged", "Label"], datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC))
    client.select_folder("INBOX")
    item = client.fetch([1], ["ENVELOPE", "BODYSTRUCTURE", "FLAGS", "INTERNALDATE", "RFC822.SIZE", "BODY.PEEK[TEXT]"])[
        1
    ]
    assert item[b"ENVELOPE"].subject == b"Message 7"
    assert item[b"ENVELOPE"].from_[0].host == b"example.com"
    assert {b"\\Flagged", b"Label"} <= set(item[b"FLAGS"])
    assert item[b"RFC822.SIZE"] == len(mail(7))
    assert item[b"BODYSTRUCTURE"][0] == b"text"
    assert item[b"BODY[TEXT]"] == b"Hello 7\r\n"


def test_copy_move_and_search(client: IMAPClient) -> None:
    for number in range(1, 6):
        client.append("INBOX", mail(number))
    client.select_folder("INBOX")
    client.copy([1, 2], "Archive")
    client.move([3], "Archive")
    assert client.search(["SUBJECT", "Message", "NOT", "UID", "1"]) == [2, 4, 5]
    assert client.folder_status("Archive", ["MESSAGES"]) == {b"MESSAGES": 3}


def test_condstore(client: IMAPClient) -> None:
    client.append("INBOX", mail(1))
    client.append("INBOX", mail(2))
    before = client.select_folder("INBOX")[b"HIGHESTMODSEQ"]
    client.add_flags([2], ["\\Flagged"])
    changed = client.fetch([1, 2], ["FLAGS"], [f"CHANGEDSINCE {before}"])
    assert list(changed) == [2]


def test_idle_hears_by_itself(server: ReadingServer) -> None:
    user = server.add_user()
    with IMAPClient("127.0.0.1", server.port, ssl=False, timeout=60) as client:
        client.login(user.address, PASSWORD)
        client.select_folder("INBOX")
        client.idle()
        server.deliver(user.id, mail(1))
        assert (1, b"EXISTS") in client.idle_check(timeout=60)
        client.idle_done()


def test_a_wrong_command_does_not_end_the_session(client: IMAPClient) -> None:
    with pytest.raises(IMAPClientError):
        client.select_folder("Nowhere")
    client.select_folder("INBOX")


def test_quota(server: ReadingServer) -> None:
    user = server.add_user(quota_bytes=10 * 1024 * 1024)
    server.deliver(user.id, mail(1))
    with IMAPClient("127.0.0.1", server.port, ssl=False, timeout=60) as client:
        client.login(user.address, PASSWORD)
        found = client.get_quota("INBOX")
        assert [(one.resource, one.usage, one.limit) for one in found] == [("STORAGE", 1, 10240)]


def test_many_messages_come_in_order_and_once(server: ReadingServer, tmp_path: Path) -> None:
    user = server.add_user()
    for number in range(1, 1_201):
        server.deliver(user.id, mail(number))
    with IMAPClient("127.0.0.1", server.port, ssl=False, timeout=60) as client:
        client.login(user.address, PASSWORD)
        client.select_folder("INBOX", readonly=True)
        found = client.fetch([*range(1, 1_201)], ["ENVELOPE", "BODY.PEEK[]"])
        assert list(found) == list(range(1, 1_201))
        assert all(item[b"BODY[]"] == mail(uid) for uid, item in found.items())
