"""Programs that people use, each from Debian: they write and read mail with one node, under TLS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import mutt
from tests.support.marked import ANNA, BERT, arrived, brought, message
from tests.support.node import PASSWORD, Node
from tests.support.programs import run


@pytest.fixture(scope="module")
def web() -> bool:
    return True


@pytest.fixture(autouse=True)
def empty_mailbox(home: Node) -> Iterator[None]:
    """Each test finds nothing in bert's INBOX."""
    yield
    home.empty(BERT)


def place_of(node: Node, door: str) -> str:
    return f"{node.host}:{node.ports[door]}"


def test_swaks_submits_with_starttls(home: Node, mark: str) -> None:
    run("swaks", "--server", place_of(home, "submission"), "--tls", "--auth", "PLAIN", "--auth-user", ANNA,
        "--auth-password", PASSWORD, "--from", ANNA, "--to", BERT, "--data", message(mark))  # fmt: skip
    assert arrived(home, mark)


def test_swaks_submits_with_tls_from_the_start_and_auth_login(home: Node, mark: str) -> None:
    run("swaks", "--server", place_of(home, "submissions"), "--tls-on-connect", "--auth", "LOGIN", "--auth-user", ANNA,
        "--auth-password", PASSWORD, "--from", ANNA, "--to", BERT, "--data", message(mark))  # fmt: skip
    assert arrived(home, mark)


def test_curl_submits_reads_and_collects(home: Node, mark: str, tmp_path: Path) -> None:
    (tmp_path / "mail").write_text(message(mark))
    run("curl", "-sS", "--ssl-reqd", "-k", f"smtp://{place_of(home, 'submission')}", "--user", f"{ANNA}:{PASSWORD}",
        "--mail-from", ANNA, "--mail-rcpt", BERT, "--crlf", "--upload-file", tmp_path / "mail")  # fmt: skip
    assert arrived(home, mark)
    user = ("--user", f"{BERT}:{PASSWORD}")
    assert mark in run("curl", "-sS", "-k", f"imaps://{place_of(home, 'imaps')}/INBOX;MAILINDEX=1", *user)
    assert mark in run("curl", "-sS", "-k", "--ssl-reqd", f"pop3://{place_of(home, 'pop3')}/1", *user)


def test_curl_reads_through_the_api(home: Node, mark: str) -> None:
    brought(home, mark)
    login = json.dumps({"name": BERT, "password": PASSWORD})
    token = json.loads(run("curl", "-sS", "--fail-with-body", f"{home.url}/api/v1/sessions", "--json", login))
    bearer = ("-H", f"Authorization: Bearer {token['access_token']}")
    found = run("curl", "-sS", "--fail-with-body", *bearer, f"{home.url}/api/v1/search?q={mark}")
    [number] = json.loads(found)["ids"]
    assert f"Body of {mark}" in run(
        "curl", "-sS", "--fail-with-body", *bearer, f"{home.url}/api/v1/messages/{number}/raw"
    )


def test_msmtp_submits(home: Node, mark: str, tmp_path: Path, certificate: Path) -> None:
    config = tmp_path / "msmtprc"
    config.write_text(
        f"account default\nhost {home.host}\nport {home.ports['submission']}\ntls on\ntls_starttls on\n"
        f"tls_fingerprint {fingerprint(certificate)}\nauth plain\nuser {ANNA}\npassword {PASSWORD}\nfrom {ANNA}\n"
    )
    config.chmod(0o600)
    run("msmtp", "-C", config, BERT, stdin=message(mark))
    assert arrived(home, mark)


def fingerprint(certificate: Path) -> str:
    shown = run("openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256")
    return shown.split("=")[1].strip()


def test_mutt_submits_and_reads(home: Node, mark: str, tmp_path: Path, certificate: Path) -> None:
    mutt.sends(home, mark, tmp_path, certificate, "plain")
    assert arrived(home, mark)
    login = f'imap_user="{BERT}"', f'imap_pass="{PASSWORD}"'
    text = mutt.copies(f"imap://{place_of(home, 'imap')}/INBOX", "", tmp_path, certificate, *login)
    assert f"Body of {mark}" in text


def test_isync_mirrors_both_ways(home: Node, mark: str, tmp_path: Path, certificate: Path) -> None:
    brought(home, mark)
    config = tmp_path / "mbsyncrc"
    config.write_text(
        f"IMAPAccount node\nHost {home.host}\nPort {home.ports['imaps']}\nUser {BERT}\nPass {PASSWORD}\nSSLType IMAPS\n"
        f"CertificateFile {certificate}\n\nIMAPStore far\nAccount node\n\n"
        f"MaildirStore near\nPath {tmp_path}/mail/\nInbox {tmp_path}/mail/INBOX\nSubFolders Verbatim\n\n"
        f"Channel all\nFar :far:\nNear :near:\nPatterns *\nCreate Both\nExpunge Both\nSyncState *\n"
    )
    (tmp_path / "mail").mkdir()
    run("mbsync", "-c", config, "-a", home=tmp_path)
    [copy] = [*(tmp_path / "mail/INBOX/new").iterdir(), *(tmp_path / "mail/INBOX/cur").iterdir()]
    assert f"Body of {mark}" in copy.read_text()
    copy.rename(tmp_path / "mail/INBOX/cur" / f"{copy.name.split(':')[0]}:2,FS")
    run("mbsync", "-c", config, "-a", home=tmp_path)
    with home.imap(BERT) as client:
        client.select("INBOX", readonly=True)
        assert rb"\Flagged" in client.fetch("1", "(FLAGS)")[1][0]  # type: ignore[operator]


def test_fetchmail_collects_over_pop3s(home: Node, mark: str, tmp_path: Path) -> None:
    brought(home, mark)
    config = tmp_path / "fetchmailrc"
    config.write_text(
        f'poll {home.host} service {home.ports["pop3s"]} protocol pop3 username "{BERT}" password "{PASSWORD}"\n'
        f"  ssl no sslcertck fetchall mda 'cat >> {tmp_path}/collected'\n"
    )
    config.chmod(0o600)
    run(
        "fetchmail",
        "-f",
        config,
        "--nosyslog",
        "--pidfile",
        tmp_path / "pid",
        "--idfile",
        tmp_path / "ids",
        home=tmp_path,
    )
    assert f"Body of {mark}" in (tmp_path / "collected").read_text()
    assert home.messages(BERT) == []
