"""Programs that people log in with, each from Debian, by mechanisms that say no password."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.support import mutt
from tests.support.marked import ANNA, BERT, arrived, brought, message
from tests.support.node import PASSWORD, Node
from tests.support.programs import ended, run

TLS_1_2 = "NORMAL:-VERS-ALL:+VERS-TLS1.2"


@pytest.fixture(scope="module")
def web() -> bool:
    return True


@pytest.fixture(scope="module")
def token(home: Node) -> str:
    """An access token of anna's, from the API."""
    wanted = json.dumps({"name": ANNA, "password": PASSWORD}).encode()
    request = Request(f"{home.url}/api/v1/sessions", wanted, {"Content-Type": "application/json"})
    with urlopen(request, timeout=120) as answer:
        return str(json.load(answer)["access_token"])


def gsasl(home: Node, protocol: str, mechanism: str, *more: str, password: str = PASSWORD) -> tuple[str, ...]:
    port = home.ports["imap" if protocol == "imap" else "submission"]
    return (
        "gsasl", f"--{protocol}", f"--connect={home.host}:{port}", f"--mechanism={mechanism}", "--starttls",
        "--x509-ca-file=", f"--authentication-id={ANNA}", "--authorization-id=", f"--password={password}",
        "--verbose", *more,
    )  # fmt: skip


@pytest.mark.parametrize("protocol", ["imap", "smtp"])
@pytest.mark.parametrize("tls", ["NORMAL", TLS_1_2], ids=["1.3", "1.2"])
def test_gsasl_binds_its_proof_to_tls(home: Node, protocol: str, tls: str) -> None:
    """tls-exporter on TLS 1.3 and tls-unique on TLS 1.2 (RFC 9266)."""
    said = run(*gsasl(home, protocol, "SCRAM-SHA-256-PLUS", f"--priority={tls}"))
    assert "authentication finished" in said


def test_gsasl_takes_the_strongest_that_is_offered(home: Node) -> None:
    command = [part for part in gsasl(home, "imap", "") if part != "--mechanism="]
    assert "SCRAM-SHA-256-PLUS" in run(*command)


def test_gsasl_without_a_binding(home: Node) -> None:
    assert "authentication finished" in run(*gsasl(home, "imap", "SCRAM-SHA-256", "--no-cb"))


def test_gsasl_with_a_wrong_password_is_refused(home: Node) -> None:
    assert ended(*gsasl(home, "imap", "SCRAM-SHA-256-PLUS", password="another one")).returncode != 0


def test_gsasl_without_a_binding_that_is_offered_is_refused(home: Node) -> None:
    """RFC 5802 §6: it can bind, and chooses the mechanism that does not; so it says "y"."""
    assert ended(*gsasl(home, "imap", "SCRAM-SHA-256")).returncode != 0


def fingerprint(certificate: Path) -> str:
    shown = run("openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256")
    return shown.split("=")[1].strip()


@pytest.mark.parametrize("auth", ["scram-sha-256", "oauthbearer", "xoauth2"])
def test_msmtp_submits(home: Node, token: str, mark: str, tmp_path: Path, certificate: Path, auth: str) -> None:
    config = tmp_path / "msmtprc"
    secret = PASSWORD if auth == "scram-sha-256" else token
    config.write_text(
        f"account default\nhost {home.host}\nport {home.ports['submission']}\ntls on\ntls_starttls on\n"
        f"tls_fingerprint {fingerprint(certificate)}\nauth {auth}\nuser {ANNA}\npassword {secret}\nfrom {ANNA}\n"
    )
    config.chmod(0o600)
    run("msmtp", "-C", config, BERT, stdin=message(mark))
    assert arrived(home, mark)


@pytest.mark.parametrize("mechanism", ["OAUTHBEARER", "XOAUTH2"])
def test_curl_reads_submits_and_collects_with_a_token(
    home: Node, token: str, mark: str, tmp_path: Path, mechanism: str
) -> None:
    user = ("--user", f"{ANNA}:", "--oauth2-bearer", token, "--login-options", f"AUTH={mechanism}")
    (tmp_path / "mail").write_text(message(mark))
    run("curl", "-sS", "--ssl-reqd", "-k", f"smtp://{home.host}:{home.ports['submission']}", *user,
        "--mail-from", ANNA, "--mail-rcpt", ANNA, "--crlf", "--upload-file", tmp_path / "mail")  # fmt: skip
    arrived(home, mark, ANNA)
    run("curl", "-sS", "-k", f"imaps://{home.host}:{home.ports['imaps']}/INBOX;MAILINDEX=1", *user)
    run("curl", "-sS", "-k", "--ssl-reqd", f"pop3://{home.host}:{home.ports['pop3']}/1", *user)


def test_curl_with_a_false_token_is_refused(home: Node) -> None:
    user = ("--user", f"{ANNA}:", "--oauth2-bearer", "x.y.z", "--login-options", "AUTH=OAUTHBEARER")
    assert ended("curl", "-sS", "-k", f"imaps://{home.host}:{home.ports['imaps']}/", *user).returncode == 67


def test_isync_logs_in_by_proof(home: Node, tmp_path: Path, certificate: Path) -> None:
    config = tmp_path / "mbsyncrc"
    config.write_text(
        f"IMAPAccount node\nHost {home.host}\nPort {home.ports['imaps']}\nUser {BERT}\nPass {PASSWORD}\nSSLType IMAPS\n"
        f"CertificateFile {certificate}\nAuthMechs SCRAM-SHA-256\n\nIMAPStore far\nAccount node\n\n"
        f"MaildirStore near\nPath {tmp_path}/\nInbox {tmp_path}/INBOX\n\n"
        "Channel all\nFar :far:\nNear :near:\nPatterns *\n"
    )
    assert "INBOX" in run("mbsync", "-c", config, "--list", "-a", home=tmp_path)


def test_mutt_submits_by_proof(home: Node, mark: str, tmp_path: Path, certificate: Path) -> None:
    mutt.sends(home, mark, tmp_path, certificate, "scram-sha-256")
    assert arrived(home, mark)


def test_mutt_collects_over_pop3_by_proof(home: Node, mark: str, tmp_path: Path, certificate: Path) -> None:
    brought(home, mark)
    login = 'pop_authenticators="scram-sha-256"', f'pop_user="{BERT}"', f'pop_pass="{PASSWORD}"'
    url = f"pop://{home.host}:{home.ports['pop3']}/"
    assert f"Body of {mark}" in mutt.copies(url, "<last-entry>", tmp_path, certificate, *login)
