"""Every method of imaplib and IMAPClient that makes sense here, against one door; ``test_clients`` has the rest.

Left out: what only other servers have (X-GM-…, ANNOTATEMORE, XLIST), CRAM-MD5 (needs passwords in clear), PROXYAUTH,
and PARTIAL of RFC 1730.
"""

from __future__ import annotations

import imaplib
from collections.abc import Iterator
from datetime import date

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from tests.support.imapd import PASSWORD, ReadingServer, mail


@pytest.fixture
def plain(server: ReadingServer) -> Iterator[imaplib.IMAP4]:
    """imaplib, logged in, with three messages in INBOX and that selected."""
    user = server.add_user(quota_bytes=100_000)
    for number in (3, 1, 2):
        server.deliver(user.id, mail(number))
    with imaplib.IMAP4("127.0.0.1", server.port, timeout=60) as client:
        client.login(user.address, PASSWORD)
        client.select()
        yield client


@pytest.fixture
def client(server: ReadingServer) -> Iterator[IMAPClient]:
    """The same with IMAPClient."""
    user = server.add_user(quota_bytes=100_000)
    for number in (3, 1, 2):
        server.deliver(user.id, mail(number))
    with IMAPClient("127.0.0.1", server.port, ssl=False, timeout=60) as one:
        one.login(user.address, PASSWORD)
        one.select_folder("INBOX")
        yield one


def ok(answer: tuple[str, list[bytes]]) -> list[bytes]:
    assert answer[0] == "OK", answer
    return answer[1]


def test_imaplib_mailboxes(plain: imaplib.IMAP4) -> None:
    ok(plain.create("Work"))
    ok(plain.subscribe("Work"))
    assert any(b'"Work"' in line or line.endswith(b" Work") for line in ok(plain.lsub()))
    ok(plain.unsubscribe("Work"))
    ok(plain.rename("Work", "Play"))
    assert any(line.endswith((b" Play", b'"Play"')) for line in ok(plain.list()))
    assert b"MESSAGES 0" in ok(plain.status("Play", "(MESSAGES UIDNEXT)"))[0]
    ok(plain.delete("Play"))
    assert ok(plain.namespace())[0].startswith(b'(("" "/"))')


def test_imaplib_messages(plain: imaplib.IMAP4) -> None:
    assert ok(plain.copy("1:2", "Archive"))
    assert ok(plain.sort("(SUBJECT)", "UTF-8", "ALL")) == [b"2 3 1"]
    assert ok(plain.thread("REFERENCES", "UTF-8", "ALL")) == [b"(2)(3)(1)"]
    assert ok(plain.uid("SEARCH", "SUBJECT", '"Message 3"')) == [b"1"]
    ok(plain.uid("STORE", "1", "+FLAGS", r"(\Deleted)"))
    ok(plain.uid("MOVE", "2", "Archive"))
    assert ok(plain.expunge())[-1] == b"1"
    ok(plain.check())
    ok(plain.noop())
    assert ok(plain.recent())
    ok(plain.unselect())
    assert plain.state == "AUTH"


def test_imaplib_read_only(plain: imaplib.IMAP4) -> None:
    ok(plain.select("INBOX", readonly=True))
    assert plain.expunge()[0] == "NO"
    assert plain.response("UIDVALIDITY")[1][0].isdigit()
    ok(plain.close())


def test_imaplib_rights_and_quota(plain: imaplib.IMAP4) -> None:
    assert ok(plain.myrights("INBOX"))[0].startswith(b"INBOX ")
    assert ok(plain.getacl("INBOX"))
    assert ok(plain.getquotaroot("INBOX"))
    [root] = [line for line in ok(plain.getquota('""')) if b"STORAGE" in line]
    assert b"100)" in root or b"97" in root
    with pytest.raises(imaplib.IMAP4.error):
        plain.setquota('""', "(STORAGE 1)")


def test_imaplib_the_rest(plain: imaplib.IMAP4) -> None:
    assert b"IMAP4rev1" in ok(plain.capability())[0]
    ok(plain.unselect())
    ok(plain.enable("CONDSTORE"))
    ok(plain.xatom("ID", "NIL"))
    assert plain.logout()[0] == "BYE"


def test_imapclient_folders(client: IMAPClient) -> None:
    client.create_folder("Work/工作")
    client.subscribe_folder("Work/工作")
    assert [name for _, _, name in client.list_sub_folders()].count("Work/工作") == 1
    client.unsubscribe_folder("Work/工作")
    client.rename_folder("Work/工作", "Work/Play")
    assert client.folder_exists("Work/Play")
    assert client.folder_status("Work/Play", ["MESSAGES", "UIDNEXT"])[b"MESSAGES"] == 0
    client.delete_folder("Work/Play")
    assert client.namespace().personal == (("", "/"),)


def test_imapclient_messages(client: IMAPClient) -> None:
    assert client.sort(["SUBJECT"]) == [2, 3, 1]
    assert {uid for thread in client.thread() for uid in thread} == {1, 2, 3}
    assert client.search(["SINCE", date(2000, 1, 1), "SUBJECT", "Message 2"]) == [3]
    assert client.search(["SUBJECT", "消息"], "UTF-8") == []
    client.set_flags([1], [r"\Seen", "$Work"])
    client.remove_flags([1], ["$Work"])
    client.add_flags([1, 2], [r"\Deleted"])
    assert {*client.get_flags([1])[1]} >= {rb"\Seen", rb"\Deleted"}
    client.uid_expunge([1])
    assert client.search() == [2, 3]
    client.expunge()
    assert client.search() == [3]
    client.delete_messages([3])
    client.close_folder()
    assert client.select_folder("INBOX")[b"EXISTS"] == 0


def test_imapclient_appends_several(client: IMAPClient) -> None:
    client.append("Archive", mail(7), [r"\Flagged"])
    client.multiappend("Archive", [mail(8), {"msg": mail(9), "flags": (r"\Seen",)}])
    client.select_folder("Archive", readonly=True)
    assert client.search(["SEEN"]) == [3]
    assert client.fetch([2], ["BODY[]"])[2][b"BODY[]"] == mail(8)
    client.unselect_folder()


def test_imapclient_rights_and_quota(client: IMAPClient) -> None:
    assert client.getacl("INBOX") is not None
    [storage] = [quota for quota in client.get_quota("INBOX") if quota.resource == "STORAGE"]
    assert storage.usage <= storage.limit
    roots, _ = client.get_quota_root("INBOX")
    assert roots.mailbox == "INBOX"
    with pytest.raises(IMAPClientError):
        client.set_quota([storage])


def test_imapclient_the_rest(client: IMAPClient) -> None:
    assert client.has_capability("IDLE")
    assert (b"name", b"Mailnode") in client.id_({"name": "test"})
    client.unselect_folder()
    assert client.enable("CONDSTORE") == [b"CONDSTORE"]
    client.noop()
    client.select_folder("INBOX")
    client.idle()
    assert client.idle_check(timeout=0.05) == []
    assert client.idle_done()[0].startswith(b"Idle")
    client.move([1], "Archive")
    client.copy([2], "Archive")
    assert client.folder_status("Archive", ["MESSAGES"])[b"MESSAGES"] == 2
