"""Programs that keep a copy of a mailbox: isync, offlineimap and mutt with its header cache.

Both sides are changed in between, so each has to bring messages, flags and deletions over; afterwards both are equal.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.support.node import PASSWORD, Node
from tests.support.programs import run

CARL = "anna@example.test"
MANY = 10_000
SECONDS = 400  # for one mirroring of MANY messages; both take 52 on two cores that ten processes want


@pytest.fixture(autouse=True)
def empty_mailbox(home: Node) -> Iterator[None]:
    yield
    home.empty(CARL)


def letter(name: str) -> bytes:
    return f"From: x@example.test\r\nMessage-ID: <{name}@x.test>\r\nSubject: {name}\r\n\r\nText of {name}\r\n".encode()


def append(node: Node, names: Iterable[str]) -> None:
    """Put messages into INBOX, without waiting for each answer."""
    with socket.create_connection((node.host, node.ports["imap"]), timeout=60) as conn, conn.makefile("rb") as lines:
        conn.sendall(f'a LOGIN "{CARL}" "{PASSWORD}"\r\n'.encode())
        count = 0
        for name in names:
            raw, count = letter(name), count + 1
            conn.sendall(b"b APPEND INBOX {%d+}\r\n%b\r\n" % (len(raw), raw))
        conn.sendall(b"c LOGOUT\r\n")
        answered = [line for line in lines if line.startswith((b"a ", b"b ", b"c "))]
    assert len(answered) == count + 2
    assert all(line.split()[1] == b"OK" for line in answered)


def far(node: Node) -> dict[str, set[str]]:
    """Subject and flags of every message on the server."""
    with node.imap(CARL) as client:
        status, count = client.select("INBOX", readonly=True)
        if count == [b"0"]:
            return {}
        status, data = client.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        assert status == "OK"
        pairs = [part for part in data if isinstance(part, tuple)]
    return {subject(text): {*re.findall(r"\\(\w+)", info.decode())} - {"Recent"} for info, text in pairs}


def subject(text: bytes) -> str:
    found = re.search(rb"Subject: (\S+)", text)
    assert found
    return found[1].decode()


def files(mailbox: Path) -> dict[str, Path]:
    """The messages of a Maildir by subject."""
    return {subject(path.read_bytes()): path for place in ("new", "cur") for path in (mailbox / place).iterdir()}


def flag(path: Path, letters: str) -> None:
    """Mark a message of a Maildir as a mail program does: in its name."""
    path.rename(path.parent.parent / "cur" / f"{path.name.partition(':')[0]}:2,{letters}")


def in_maildir(mailbox: Path, names: Iterable[str]) -> None:
    for place in ("new", "cur", "tmp"):
        (mailbox / place).mkdir(parents=True, exist_ok=True)
    for name in names:
        (mailbox / "cur" / f"{name}.x:2,").write_bytes(letter(name).replace(b"\r\n", b"\n"))


def numbered(side: str, count: int) -> list[str]:
    return [f"{side}{number:05d}" for number in range(count)]


def mbsync(node: Node, certificate: Path, folder: Path) -> None:
    config = folder / "mbsyncrc"
    config.write_text(
        f"FSync no\nIMAPAccount node\nHost {node.host}\nPort {node.ports['imaps']}\nUser {CARL}\nPass {PASSWORD}\n"
        f"SSLType IMAPS\nCertificateFile {certificate}\n\nIMAPStore far\nAccount node\n\n"
        f"MaildirStore near\nPath {folder}/mail/\nInbox {folder}/mail/INBOX\n\n"
        "Channel inbox\nFar :far:INBOX\nNear :near:INBOX\nCreate Near\nExpunge Both\nSyncState *\nCopyArrivalDate yes\n"
    )
    run("mbsync", "-c", config, "inbox", home=folder, seconds=SECONDS)


@pytest.mark.timeout(900)
def test_isync_mirrors_ten_thousand_both_ways(home: Node, certificate: Path, tmp_path: Path) -> None:
    mailbox = tmp_path / "mail" / "INBOX"
    half, gone = MANY // 2, MANY // 10
    append(home, numbered("far", half))
    in_maildir(mailbox, numbered("near", half))
    start = time.monotonic()
    mbsync(home, certificate, tmp_path)
    first = time.monotonic() - start
    names = {*numbered("far", half), *numbered("near", half)}
    assert {*far(home)} == {*files(mailbox)} == names

    with home.imap(CARL) as client:
        client.select("INBOX")
        client.store(f"1:{gone}", "+FLAGS.SILENT", r"\Deleted")
        client.expunge()
        client.store("1:3", "+FLAGS.SILENT", r"\Flagged")
    kept = {*far(home)}
    doomed = sorted(kept, reverse=True)[:gone]
    found = files(mailbox)
    for name in doomed:
        flag(found[name], "T")
    answered = sorted(kept)[-gone - 1]
    flag(found[answered], "R")
    start = time.monotonic()
    mbsync(home, certificate, tmp_path)
    second = time.monotonic() - start

    left = far(home)
    assert {*left} == {*files(mailbox)} == kept - {*doomed}
    assert len(left) == MANY - 2 * gone
    assert left[answered] == {"Answered"}
    assert sum("Flagged" in flags for flags in left.values()) == 3
    assert sum(path.name.endswith("F") for path in files(mailbox).values()) == 3
    print(f"isync: {first:.1f} s for {MANY} messages, {second:.1f} s for {2 * gone} deletions")


def offlineimap(config: Path, folder: Path) -> None:
    """Its library begins to read before it knows that it waits for a greeting: one that comes at once may be missed on
    a busy machine, and then it waits until it is hung up on. So it may try again.
    """
    for _ in range(3):
        try:
            run("offlineimap", "-c", config, "-o", home=folder)
        except AssertionError as error:
            if "took too long to log in" not in str(error):
                raise
        else:
            return
    pytest.fail("offlineimap never saw a greeting")


@pytest.mark.timeout(900)
def test_offlineimap_mirrors_both_ways(home: Node, certificate: Path, tmp_path: Path) -> None:
    append(home, numbered("far", 20))
    shown = run("openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha1")
    fingerprint = shown.strip().partition("=")[2].replace(":", "").lower()
    config = tmp_path / "offlineimaprc"
    config.write_text(
        f"[general]\naccounts = all\nmetadata = {tmp_path}/state\nui = quiet\n\n"
        f"[Account all]\nlocalrepository = near\nremoterepository = far\n\n"
        f"[Repository near]\ntype = Maildir\nlocalfolders = {tmp_path}/mail\n\n"
        f"[Repository far]\ntype = IMAP\nremotehost = {home.host}\nremoteport = {home.ports['imaps']}\nssl = yes\n"
        f"cert_fingerprint = {fingerprint}\nremoteuser = {CARL}\nremotepass = {PASSWORD}\n"
        "folderfilter = lambda name: name == 'INBOX'\n"
    )
    mailbox = tmp_path / "mail" / "INBOX"
    offlineimap(config, tmp_path)
    found = files(mailbox)
    assert {*found} == {*numbered("far", 20)}

    in_maildir(mailbox, numbered("near", 5))
    found["far00000"].unlink()
    flag(found["far00001"], "FS")
    with home.imap(CARL) as client:
        client.select("INBOX")
        client.store("3", "+FLAGS.SILENT", r"\Deleted")
        client.expunge()
        client.store("3", "+FLAGS.SILENT", r"\Answered")
    offlineimap(config, tmp_path)
    left = far(home)
    assert {*left} == {*files(mailbox)} == {*numbered("far", 20), *numbered("near", 5)} - {"far00000", "far00002"}
    assert left["far00001"] == {"Flagged", "Seen"}
    assert "R" in files(mailbox)["far00003"].name.partition(":2,")[2]


def test_mutt_finds_its_header_cache_again(home: Node, certificate: Path, tmp_path: Path) -> None:
    append(home, numbered("far", 30))
    cache = tmp_path / "headers"
    cache.mkdir()
    settings = tmp_path / "muttrc"
    settings.write_text(
        f'set ssl_force_tls=yes\nset ssl_verify_host=no\nset certificate_file="{certificate}"\n'
        f'set imap_user="{CARL}"\nset imap_pass="{PASSWORD}"\nset imap_qresync=yes\nset imap_condstore=yes\n'
        f'set header_cache="{cache}/"\nset message_cachedir="{cache}/"\nset wait_key=no\nset delete=yes\nset quit=yes\n'
        f'set folder="{tmp_path}"\nset mbox_type=mbox\nset confirmcreate=no\nset confirmappend=no\nset move=no\n'
        f'macro index X "<tag-pattern>~s far0001<enter><tag-prefix><copy-message>{tmp_path}/copy<enter>'
        f'<tag-prefix><delete-message><quit>"\n'
    )
    inbox = f"imap://{home.host}:{home.ports['imap']}/INBOX"

    def mutt(keys: str) -> None:
        run("script", "-qec", f"mutt -n -F {settings} -f {inbox} -e 'push {keys}'", "/dev/null", home=tmp_path)

    mutt("<exit>")
    assert any(path.is_file() for path in cache.rglob("*"))
    with home.imap(CARL) as client:
        client.select("INBOX")
        client.store("1", "+FLAGS.SILENT", r"\Deleted")
        client.expunge()
    append(home, ["far00099"])
    mutt("X")
    assert (tmp_path / "copy").read_text().count("\nSubject: far0001") == 10
    gone = {"far00000", *numbered("far", 20)[10:]}
    assert {*far(home)} == {*numbered("far", 30), "far00099"} - gone
