"""HTTPS by the web process itself: certificates by name, who a client is, and nobody in between."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from mailnode import certificates
from mailnode.settings import Settings
from tests.support import ports
from tests.support import store as stores
from tests.support.client import trusting
from tests.support.site import API, PASSWORD, Site, mail, opened
from tests.support.store import Store
from tests.support.tree import ROOT
from tests.unit.test_certificates import other

HOST = "mail.example.com"
POLICY_HOST = "mta-sts.example.test"
LISTENS, CONNECTED = "0A", "01"
CLIENT = "127.0.0.9"  # whom nobody else here is


class Secured:
    """The web process on a site's store, which listens for TLS only."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        self.port = ports.free()
        self.settings = Settings(data_dir=site.store.settings.data_dir, hostname=HOST)
        certificates.make(self.settings)
        other(self.settings.data_dir, "policy", POLICY_HOST)
        environment = {
            **os.environ,
            "MAILNODE_HOSTNAME": HOST,
            "MAILNODE_DATA_DIR": str(self.settings.data_dir),
            "MAILNODE_DATABASE_URL": site.store.settings.database_url,
            "MAILNODE_LISTEN_HTTP": "off",
            "MAILNODE_LISTEN_HTTPS": f"127.0.0.1:{self.port}",
        }
        self.log = folder / "log"
        with self.log.open("wb") as log:
            command = [sys.executable, "-m", "backend.server"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        ports.listening("127.0.0.1", self.port)

    def connect(self, name: str = HOST) -> ssl.SSLSocket:
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=60, source_address=(CLIENT, 0))
        return trusting().wrap_socket(raw, server_hostname=name)

    def ask(
        self, path: str, host: str = HOST, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> http.client.HTTPResponse:
        """One request; the answer is not read yet."""
        connection = http.client.HTTPConnection(host, timeout=60)
        connection.sock = self.connect(host)
        token = {"Authorization": f"Bearer {self.site.people['anna'].token}"} if path.startswith(API) else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {**token, **named})
        return connection.getresponse()

    def names(self, name: str) -> list[str]:
        """Those of the certificate that a client is shown which asks for this one."""
        with self.connect(name) as tls:
            found = x509.load_der_x509_certificate(tls.getpeercert(binary_form=True) or b"")
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return names.get_values_for_type(x509.DNSName)

    def inner_ports(self) -> list[int]:
        """What else it listens on."""
        return sorted({int(here.rpartition(":")[2], 16) for here, _ in self._sockets(LISTENS)} - {self.port})

    def inner_ends(self) -> list[tuple[str, str]]:
        """Address and port of its own ends of the connections there."""
        [inner] = self.inner_ports()
        ends = [there.partition(":") for here, there in self._sockets(CONNECTED) if int(here[-4:], 16) == inner]
        return [(address, port) for address, _, port in ends]

    def _sockets(self, state: str) -> list[tuple[str, str]]:
        """Both ends, as proc(5) writes them."""
        open_files = [os.readlink(one) for one in Path(f"/proc/{self.process.pid}/fd").iterdir()]
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return [(row[1], row[2]) for row in rows if row[3] == state and f"socket:[{row[9]}]" in open_files]


@pytest.fixture(scope="module")
def secured(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("secured")
    with stores.on_sqlite(sqlite_template, folder) as store, opened(store) as site:
        made = Secured(site, folder)
        yield made
        made.process.kill()
        made.process.wait()


@pytest.fixture
def ending(sqlite_store: Store, tmp_path: Path) -> Iterator[Secured]:
    """One that the test ends."""
    with opened(sqlite_store) as site:
        made = Secured(site, tmp_path)
        yield made
        made.process.kill()
        made.process.wait()


def test_each_name_has_its_certificate(secured: Secured) -> None:
    assert HOST in secured.names(HOST)
    assert secured.names(POLICY_HOST) == [POLICY_HOST]


def test_the_policy_is_had_as_others_fetch_it(secured: Secured) -> None:
    """RFC 8461 §3.3: over HTTPS, under its own name."""
    answer = secured.ask("/.well-known/mta-sts.txt", POLICY_HOST)
    assert (answer.status, answer.getheader("content-type")) == (200, "text/plain; charset=utf-8")
    assert b"mx: mail.example.com\r\n" in answer.read()


def test_the_client_is_known_by_its_own_address(secured: Secured) -> None:
    body = json.dumps({"name": "anna@example.test", "password": PASSWORD, "cookies": True}).encode()
    answer = secured.ask(f"{API}/sessions", method="POST", body=body, Content_Type="application/json")
    assert answer.status == 201
    assert "; Secure" in (answer.getheader("set-cookie") or "")
    sessions = json.loads(secured.ask(f"{API}/sessions").read())
    assert CLIENT in {one["peer"] for one in sessions["items"]}


def test_nobody_comes_in_behind_the_tls(secured: Secured) -> None:
    assert secured.inner_ports()
    for port in secured.inner_ports():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", f"{API}/health")
        assert connection.getresponse().status == 403


def test_attack_no_port_can_be_had_again_for_what_another_client_has_left(secured: Secured) -> None:
    """What was pipelined is read when its client has gone: it must not come from where a later one comes from."""
    with secured.connect(), secured.connect():
        ports.until(lambda: len(secured.inner_ends()) >= 2)
        ends = secured.inner_ends()
    assert len({address for address, _ in ends}) == len(ends)


def test_attack_a_host_name_that_is_no_text_is_one_line(secured: Secured) -> None:
    heard, said = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        trusting().wrap_bio(heard, said, server_hostname=HOST).do_handshake()
    with socket.create_connection(("127.0.0.1", secured.port), timeout=60) as wire:
        wire.sendall(said.read().replace(HOST.encode(), b"\xff" * len(HOST)))
        wire.recv(1)
    ports.until(lambda: "not understood" in secured.log.read_text())
    assert "Traceback" not in secured.log.read_text()


def test_browsers_are_to_keep_to_it(secured: Secured) -> None:
    assert secured.ask(f"{API}/health").getheader("strict-transport-security") == "max-age=15552000"


def test_http_2_by_curl(secured: Secured) -> None:
    url = f"https://{HOST}:{secured.port}{API}/health"
    resolved = f"{HOST}:{secured.port}:127.0.0.1"
    command = ["curl", "-sk", "--http2", "--resolve", resolved, "-w", " %{http_version}", url, url]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert (said.count('"ok"'), said.count(" 2")) == (2, 2)


def test_a_large_answer_comes_whole_to_who_takes_it_slowly(secured: Secured) -> None:
    raw = mail("large", "y" * 76 + "\r\n") + (b"y" * 76 + b"\r\n") * 60_000
    secured.site.deliver("anna", raw)
    place = secured.site.mailbox("anna", "INBOX")
    row = json.loads(secured.ask(f"{API}/messages?mailbox={place}").read())["items"][0]
    answer = secured.ask(f"{API}/messages/{row['id']}/raw")
    found = b""
    while piece := answer.read(300_000):
        found += piece
    assert found.endswith(raw[-5_000:])
    assert len(found) >= len(raw)


def test_words_without_tls_and_rubbish_do_not_end_it(secured: Secured) -> None:
    for rubbish in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\xff\xff", b""):
        with socket.create_connection(("127.0.0.1", secured.port), timeout=60) as wire:
            wire.sendall(rubbish)
    assert secured.ask(f"{API}/health").status == 200
    assert "Traceback" not in secured.log.read_text()


def test_a_new_certificate_is_shown_while_who_is_there_stays(ending: Secured) -> None:
    stream = ending.ask(f"{API}/events")
    assert stream.readline().startswith((b"event: hello", b":", b"id:", b"retry:"))
    other(ending.settings.data_dir, "new", "new.example.test")
    ending.process.send_signal(signal.SIGHUP)
    ports.until(lambda: ending.names("new.example.test") == ["new.example.test"])
    ending.site.deliver("anna", mail("one"))
    while not stream.readline().startswith(b"event: change"):
        pass


def test_its_end_ends_streams_and_says_nothing(ending: Secured) -> None:
    stream = ending.ask(f"{API}/events")
    stream.readline()
    ending.process.send_signal(signal.SIGTERM)
    ending.process.wait(60)
    while stream.readline():
        pass
    assert ending.process.returncode == 0
    assert "Traceback" not in ending.log.read_text()


def test_a_broken_certificate_leaves_plain_http_and_a_good_one_begins_https(
    sqlite_store: Store, tmp_path: Path
) -> None:
    """The good one may come by plain HTTP: ACME asks there for proofs."""
    settings = Settings(data_dir=sqlite_store.settings.data_dir, hostname=HOST)
    certificates.make(settings)
    place = certificates.files(settings).certificate
    good = place.read_bytes()
    place.write_bytes(good[:200])
    plain, tls = ports.free(), ports.free()
    environment = {
        **os.environ,
        "MAILNODE_DATA_DIR": str(settings.data_dir),
        "MAILNODE_LISTEN_HTTP": f"127.0.0.1:{plain}",
        "MAILNODE_LISTEN_HTTPS": f"127.0.0.1:{tls}",
    }
    said = tmp_path / "log"
    with said.open("wb") as log:
        command = [sys.executable, "-m", "backend.server"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        ports.listening("127.0.0.1", plain)
        assert health(http.client.HTTPConnection("127.0.0.1", plain, timeout=60)) == 200
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", tls), timeout=60)
        assert said.read_text().count("HTTPS is not served") == 1
        certificates.write(place, good, 0o644)
        ports.listening("127.0.0.1", tls)
        assert health(http.client.HTTPSConnection("127.0.0.1", tls, timeout=60, context=trusting())) == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert "Traceback" not in said.read_text()
    finally:
        process.kill()
        process.wait()


def health(connection: http.client.HTTPConnection) -> int:
    connection.request("GET", f"{API}/health")
    return connection.getresponse().status


def test_without_a_certificate_one_sentence_says_what_to_do(sqlite_store: Store) -> None:
    environment = {
        **os.environ,
        "MAILNODE_DATA_DIR": str(sqlite_store.settings.data_dir),
        "MAILNODE_LISTEN_HTTP": "off",
        "MAILNODE_LISTEN_HTTPS": f"127.0.0.1:{ports.free()}",
    }
    command = [sys.executable, "-m", "backend.server"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == 1
    assert b"run: mailnode init" in done.stderr
    assert b"Traceback" not in done.stderr
