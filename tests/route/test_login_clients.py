"""Programs that people log in with, each from Debian, by mechanisms that say no password."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.support import needs, ports
from tests.support.node import PASSWORD, Node

ANNA = "anna@example.test"
BERT = "bert@example.test"
TLS_1_2 = "NORMAL:-VERS-ALL:+VERS-TLS1.2"


@pytest.fixture(scope="module")
def web() -> bool:
    return True


def run(*command: str | Path, stdin: str = "", home: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [needs.program(str(command[0])), *map(str, command[1:])],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        env=os.environ | ({"HOME": str(home), "TERM": "xterm"} if home else {}),
    )


def succeeds(*command: str | Path, stdin: str = "", home: Path | None = None) -> str:
    done = run(*command, stdin=stdin, home=home)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def token(home: Node) -> str:
    """An access token of anna's, from the API."""
    wanted = json.dumps({"name": ANNA, "password": PASSWORD}).encode()
    request = Request(f"{home.url}/api/v1/sessions", wanted, {"Content-Type": "application/json"})
    with urlopen(request, timeout=120) as answer:
        return str(json.load(answer)["access_token"])


def message(mark: str) -> str:
    return f"From: {ANNA}\nTo: {BERT}\nSubject: {mark}\n\nBody of {mark}\n"


def arrived(node: Node, mark: str) -> bool:
    ports.until(lambda: any(mark.encode() in found for found in node.messages(BERT)), 15, f"{mark} arrived")
    return True


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
    said = succeeds(*gsasl(home, protocol, "SCRAM-SHA-256-PLUS", f"--priority={tls}"))
    assert "authentication finished" in said


def test_gsasl_takes_the_strongest_that_is_offered(home: Node) -> None:
    command = [part for part in gsasl(home, "imap", "") if part != "--mechanism="]
    assert "SCRAM-SHA-256-PLUS" in succeeds(*command)


def test_gsasl_without_a_binding(home: Node) -> None:
    assert "authentication finished" in succeeds(*gsasl(home, "imap", "SCRAM-SHA-256", "--no-cb"))


def test_gsasl_with_a_wrong_password_is_refused(home: Node) -> None:
    assert run(*gsasl(home, "imap", "SCRAM-SHA-256-PLUS", password="another one")).returncode != 0


def test_gsasl_without_a_binding_that_is_offered_is_refused(home: Node) -> None:
    """RFC 5802 §6: it can bind, and chooses the mechanism that does not; so it says "y"."""
    assert run(*gsasl(home, "imap", "SCRAM-SHA-256")).returncode != 0


def fingerprint(certificate: Path) -> str:
    shown = succeeds("openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256")
    return shown.split("=")[1].strip()


@pytest.mark.parametrize("auth", ["scram-sha-256", "oauthbearer", "xoauth2"])
def test_msmtp_submits(home: Node, token: str, tmp_path: Path, certificate: Path, auth: str) -> None:
    mark, config = f"mark{uuid.uuid4().hex}", tmp_path / "msmtprc"
    secret = PASSWORD if auth == "scram-sha-256" else token
    config.write_text(
        f"account default\nhost {home.host}\nport {home.ports['submission']}\ntls on\ntls_starttls on\n"
        f"tls_fingerprint {fingerprint(certificate)}\nauth {auth}\nuser {ANNA}\npassword {secret}\nfrom {ANNA}\n"
    )
    config.chmod(0o600)
    succeeds("msmtp", "-C", config, BERT, stdin=message(mark))
    assert arrived(home, mark)


@pytest.mark.parametrize("mechanism", ["OAUTHBEARER", "XOAUTH2"])
def test_curl_reads_submits_and_collects_with_a_token(home: Node, token: str, tmp_path: Path, mechanism: str) -> None:
    mark = f"mark{uuid.uuid4().hex}"
    user = ("--user", f"{ANNA}:", "--oauth2-bearer", token, "--login-options", f"AUTH={mechanism}")
    (tmp_path / "mail").write_text(message(mark))
    succeeds("curl", "-sS", "--ssl-reqd", "-k", f"smtp://{home.host}:{home.ports['submission']}", *user,
        "--mail-from", ANNA, "--mail-rcpt", ANNA, "--crlf", "--upload-file", tmp_path / "mail")  # fmt: skip
    ports.until(lambda: any(mark.encode() in found for found in home.messages(ANNA)), 15, f"{mark} arrived")
    succeeds("curl", "-sS", "-k", f"imaps://{home.host}:{home.ports['imaps']}/INBOX;MAILINDEX=1", *user)
    succeeds("curl", "-sS", "-k", "--ssl-reqd", f"pop3://{home.host}:{home.ports['pop3']}/1", *user)


def test_curl_with_a_false_token_is_refused(home: Node) -> None:
    user = ("--user", f"{ANNA}:", "--oauth2-bearer", "x.y.z", "--login-options", "AUTH=OAUTHBEARER")
    assert run("curl", "-sS", "-k", f"imaps://{home.host}:{home.ports['imaps']}/", *user).returncode == 67


def test_isync_logs_in_by_proof(home: Node, tmp_path: Path, certificate: Path) -> None:
    config = tmp_path / "mbsyncrc"
    config.write_text(
        f"IMAPAccount node\nHost {home.host}\nPort {home.ports['imaps']}\nUser {BERT}\nPass {PASSWORD}\nSSLType IMAPS\n"
        f"CertificateFile {certificate}\nAuthMechs SCRAM-SHA-256\n\nIMAPStore far\nAccount node\n\n"
        f"MaildirStore near\nPath {tmp_path}/\nInbox {tmp_path}/INBOX\n\n"
        "Channel all\nFar :far:\nNear :near:\nPatterns *\n"
    )
    assert "INBOX" in succeeds("mbsync", "-c", config, "--list", "-a", home=tmp_path)


def test_mutt_submits_by_proof(home: Node, tmp_path: Path, certificate: Path) -> None:
    mark, settings = f"mark{uuid.uuid4().hex}", tmp_path / "muttrc"
    local, domain = ANNA.split("@")
    settings.write_text(
        f'set from="{ANNA}"\nset copy=no\nset ssl_force_tls=yes\nset ssl_verify_host=no\n'
        f'set certificate_file="{certificate}"\nset smtp_authenticators="scram-sha-256"\n'
        f'set smtp_pass="{PASSWORD}"\n'
        f'set smtp_url="smtp://{local}%40{domain}@{home.host}:{home.ports["submission"]}/"\n'
    )
    succeeds("mutt", "-n", "-F", settings, "-s", mark, "--", BERT, stdin=f"Body of {mark}\n", home=tmp_path)
    assert arrived(home, mark)


def test_mutt_collects_over_pop3_by_proof(home: Node, tmp_path: Path, certificate: Path) -> None:
    mark, settings = f"mark{uuid.uuid4().hex}", tmp_path / "muttrc"
    home.submit(ANNA, [BERT], message(mark).replace("\n", "\r\n").encode())
    assert arrived(home, mark)
    settings.write_text(
        f'set ssl_force_tls=yes\nset ssl_verify_host=no\nset certificate_file="{certificate}"\n'
        f'set pop_authenticators="scram-sha-256"\nset pop_user="{BERT}"\nset pop_pass="{PASSWORD}"\n'
        f'set wait_key=no\nset move=no\nset folder="{tmp_path}"\nset mbox_type=mbox\nset confirmcreate=no\n'
        f'set confirmappend=no\nset quit=yes\nmacro index X "<last-entry><copy-message>{tmp_path}/copy<enter><exit>"\n'
    )
    inbox = f"pop://{home.host}:{home.ports['pop3']}/"
    succeeds("script", "-qec", f"mutt -n -F {settings} -f {inbox} -e 'push X'", "/dev/null", home=tmp_path)
    assert f"Body of {mark}" in (tmp_path / "copy").read_text()
