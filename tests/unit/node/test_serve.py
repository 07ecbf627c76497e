"""`mailnode serve` as it really is: its processes, its ports, its end."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailnode import certificates
from mailnode.settings import Settings
from tests.support import ports
from tests.support.client import trusting
from tests.support.node import Node
from tests.support.ports import until
from tests.unit.test_certificates import other

USER = "anna@example.com"
HTTPS = ports.free()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """One node for all tests that leave it as it was."""
    made = Node(tmp_path_factory.mktemp("node"), workers="2", listen_https=f"127.0.0.1:{HTTPS}").init("example.com")
    made.add_user(USER)
    try:
        yield made.start()
    finally:
        if made.process is not None:
            made.kill()


def events(node: Node, event: str) -> list[dict[str, object]]:
    lines = [line for line in node.log.read_text().splitlines() if line.startswith("{")]
    return [fact for line in lines if (fact := json.loads(line))["event"] == event]


def pids(node: Node, process: str) -> list[int]:
    return [int(str(fact["pid"])) for fact in events(node, "started") if str(fact["process"]).startswith(process)]


def certificate_of(node: Node, name: str | None = None, port: int | None = None) -> bytes:
    """What a client is shown that asks for this name."""
    with (
        socket.create_connection((node.host, port or node.ports["imaps"])) as raw,
        trusting().wrap_socket(raw, server_hostname=name) as tls,
    ):
        found = tls.getpeercert(binary_form=True)
        assert found
        return found


def test_it_says_where_everything_is_once_all_are_ready(node: Node) -> None:
    until(lambda: "Mailnode serves mail.example.com" in node.log.read_text(), 120)
    text = node.log.read_text()
    for door in ("smtp", "submission", "submissions", "imap", "imaps", "pop3", "pop3s", "http"):
        assert f":{node.ports[door]}" in text


def test_the_web_process_speaks_tls_with_the_same_certificate(node: Node) -> None:
    until(lambda: f"https://127.0.0.1:{HTTPS}/" in node.log.read_text(), 120)
    assert certificate_of(node, port=HTTPS) == certificate_of(node)


def test_the_processes_that_were_promised(node: Node) -> None:
    assert {fact["process"] for fact in events(node, "started")} == {
        "protocols 1",
        "protocols 2",
        "queue",
        "index",
        "web",
    }
    until(lambda: b"backend.server" in Path(f"/proc/{pids(node, 'web')[-1]}/cmdline").read_bytes())


def test_a_new_certificate_is_served_and_no_session_ends(node: Node) -> None:
    """Before any process is killed: one that starts while there is half of a pair ends."""
    settings = Settings(data_dir=node.directory / "data", hostname="mail.example.com")
    old, died = certificate_of(node), len(events(node, "died"))
    with node.imap(USER) as client:
        certificates.files(settings).key.unlink()
        assert certificates.make(settings)
        os.kill(node.pid, signal.SIGHUP)
        until(lambda: certificate_of(node) != old)
        assert client.noop()[0] == "OK"
    assert len(events(node, "died")) == died


@pytest.mark.parametrize("process", ["protocols 1", "queue", "index", "web"])
def test_whatever_dies_comes_back(node: Node, process: str) -> None:
    before = len(pids(node, process))
    os.kill(pids(node, process)[-1], signal.SIGKILL)
    until(lambda: len(pids(node, process)) > before, 120)
    with node.imap(USER) as client:
        assert client.noop()[0] == "OK"


def test_who_waits_is_served_by_the_processes_that_come_next(node: Node) -> None:
    before = pids(node, "protocols")[-2:]
    for pid in before:
        os.kill(pid, signal.SIGSTOP)
    with socket.create_connection((node.host, node.ports["smtp"]), 120) as waiting:
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        assert waiting.recv(200).startswith(b"220 ")


def test_another_names_certificate_is_served_and_a_message_half_sent_arrives(node: Node) -> None:
    usual = certificate_of(node, "mail.customer.example")
    with node.smtp() as client:
        client.starttls(context=trusting())
        client.ehlo("client.example.org")
        client.mail("x@example.org")
        client.rcpt(USER)
        client.docmd("DATA")
        client.send(b"Subject: half sent\r\n\r\n")
        for names in (("mail.customer.example",), ("mail.customer.example", "*.other.example")):
            made, asked = other(node.directory / "data", "customer", *names), names[-1].replace("*", "mx")
            os.kill(node.pid, signal.SIGHUP)
            until(lambda wanted=made, name=asked: certificate_of(node, name) == wanted)  # type: ignore[misc]
        assert certificate_of(node, "mail.example.com") == usual
        client.send(b"the rest\r\n.\r\n")
        assert client.getreply()[0] == 250


def test_a_certificate_that_cannot_be_used_changes_nothing(node: Node) -> None:
    where = certificates.files(Settings(data_dir=node.directory / "data"))
    served, right = certificate_of(node), where.certificate.read_bytes()
    where.certificate.write_text("broken")
    os.kill(node.pid, signal.SIGHUP)
    until(lambda: events(node, "certificate not loaded"))
    assert certificate_of(node) == served
    where.certificate.write_bytes(right)


def test_what_goes_into_junk_is_learned(node: Node) -> None:
    user = node.add_user("taught@example.com")
    with node.imap(user) as client:
        client.append("INBOX", None, None, b"Subject: pills\r\n\r\nBuy\r\n")  # type: ignore[arg-type]
        client.select("INBOX")
        client.uid("MOVE", "1", "Junk")
    until(lambda: events(node, "learned"), 120)
    assert node.json("filter", "status", user)["junk"] == 1


def test_a_second_node_on_the_same_ports_says_which(node: Node, tmp_path: Path) -> None:
    second = Node(tmp_path).init("example.com")
    second.environment["MAILNODE_LISTEN_SMTP"] = f"{node.host}:{node.ports['smtp']}"
    ended = second.run("serve")
    assert ended.returncode == 1
    expected = f"{node.host}:{node.ports['smtp']} is used by another program; end it, or change MAILNODE_LISTEN_SMTP"
    assert ended.stderr.strip().splitlines()[-1] == f"mailnode: {expected}"


def test_a_certificate_that_cannot_be_used_is_told_of_once(tmp_path: Path) -> None:
    node = Node(tmp_path, web=False).init()
    (tmp_path / "data/tls/certificate.pem").write_text("nonsense")
    ended = node.run("serve")
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert ended.stderr.startswith("mailnode: The TLS certificate")


def test_a_changed_setting_is_taken_over_by_new_processes(tmp_path: Path) -> None:
    node = Node(tmp_path).init("example.com")
    (tmp_path / "mailnode.toml").write_text('smtpd_banner = "first"\n')
    try:
        node.start()
        assert greeting(node).endswith("first")
        (tmp_path / "mailnode.toml").write_text('smtpd_banner = "second"\n')
        until(lambda: "Mailnode serves" in node.log.read_text(), 120)
        os.kill(node.pid, signal.SIGHUP)
        until(lambda: greeting(node).endswith("second"), 120)
        until(lambda: len(events(node, "ended")) == 3, 120)
        assert not events(node, "died")
    finally:
        node.kill()


def greeting(node: Node) -> str:
    try:
        with socket.create_connection((node.host, node.ports["smtp"]), timeout=60) as client:
            return client.makefile().readline().rstrip()
    except OSError:
        return ""


def test_waiting_clients_are_told_and_all_ends(tmp_path: Path) -> None:
    node = Node(tmp_path).init("example.com")
    node.add_user(USER)
    try:
        node.start()
        smtp = node.smtp()
        with node.imap(USER) as client, smtp:
            assert client.select()[0] == "OK"
            client.send(b"x IDLE\r\n")
            assert client.readline().startswith(b"+")
            node.stop()
            assert client.readline().startswith(b"* BYE")
            assert smtp.getreply()[0] == 421
    finally:
        if node.process is not None:
            node.kill()


def test_a_connection_that_only_waits_does_not_hold_the_end_up(tmp_path: Path) -> None:
    node = Node(tmp_path).init("example.com").start()
    try:
        with socket.create_connection((node.host, node.ports["imaps"])) as silent:
            assert silent.fileno() > 0
            node.stop()
    finally:
        if node.process is not None:
            node.kill()


def test_tls_from_the_first_byte_is_not_old(node: Node) -> None:
    with socket.create_connection((node.host, node.ports["imaps"])) as raw, trusting().wrap_socket(raw) as tls:
        assert tls.version() in ("TLSv1.2", "TLSv1.3")
    old = trusting()
    with warnings.catch_warnings(action="ignore"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection((node.host, node.ports["imaps"])) as raw, pytest.raises(ssl.SSLError):
        old.wrap_socket(raw)
