"""The web process as it is started: granian, event streams without threads, bodies with limits, an end on SIGTERM."""

from __future__ import annotations

import http.client
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support import ports
from tests.support import store as stores
from tests.support.site import API, Site, mail, opened
from tests.support.store import Store
from tests.support.tree import ROOT

SIZE_LIMIT = 6 * 1024 * 1024


class Server:
    """``python -m backend.server`` on the store of a site."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        self.port = ports.free()
        settings = site.store.settings
        environment = {
            **os.environ,
            "MAILNODE_DATA_DIR": str(settings.data_dir),
            "MAILNODE_DATABASE_URL": settings.database_url,
            "MAILNODE_LISTEN_HTTP": f"127.0.0.1:{self.port}",
            "MAILNODE_MESSAGE_SIZE_LIMIT": str(SIZE_LIMIT),
            "MAILNODE_TRUSTED_PROXIES": "127.0.0.0/8",
        }
        self.output = folder / "stdout"
        command = [sys.executable, "-m", "backend.server"]
        with self.output.open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=stdout, stderr=stderr)

    def ask(
        self, method: str, path: str, body: bytes | None = None, name: str | None = "anna", **headers: str
    ) -> http.client.HTTPResponse:
        """One request; the answer is not read yet."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        token = {"Authorization": f"Bearer {self.site.people[name].token}"} if name else {}
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        connection.request(method, path if path.startswith("/") else f"{API}/{path}", body, {**token, **named})
        return connection.getresponse()

    def stop(self) -> None:
        """SIGTERM, and wait for the end."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


@contextmanager
def serving(store: Store, folder: Path) -> Iterator[Server]:
    with opened(store) as site:
        made = Server(site, folder)
        try:
            ports.listening("127.0.0.1", made.port)
            yield made
        finally:
            if made.process.poll() is None:
                made.process.kill()
            made.process.wait()


@pytest.fixture(scope="module")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that leave it as it was."""
    folder = tmp_path_factory.mktemp("server")
    with stores.on_sqlite(sqlite_template, folder) as store, serving(store, folder) as made:
        yield made


@pytest.fixture
def ending(sqlite_store: Store, tmp_path: Path) -> Iterator[Server]:
    """A server that the test ends."""
    with serving(sqlite_store, tmp_path) as made:
        yield made


@pytest.fixture
def on_both(store: Store, tmp_path: Path) -> Iterator[Server]:
    with serving(store, tmp_path) as made:
        yield made


def next_event(answer: http.client.HTTPResponse) -> tuple[str, dict[str, object]]:
    """Name and data of the next event; EOFError at the end of the stream."""
    name = ""
    while line := answer.readline().decode():
        if line.startswith("event: "):
            name = line[7:].strip()
        elif line.startswith("data: "):
            return name, json.loads(line[6:])
    raise EOFError(name)


def test_it_answers_and_ends_and_prints_nothing_on_standard_output(ending: Server) -> None:
    """The end does not wait for those who listen."""
    assert json.loads(ending.ask("GET", "health", name=None).read())["status"] == "ok"
    assert ending.ask("GET", "me").status == 200
    stream = ending.ask("GET", "events")
    next_event(stream)
    ending.stop()
    assert (ending.output.read_bytes(), ending.process.returncode) == (b"", 0)
    assert stream.read() in (b"", b"\n")


def test_a_path_in_chinese_and_a_head_request(server: Server) -> None:
    server.ask("POST", "mailboxes", json.dumps({"name": "工作"}).encode(), Content_Type="application/json").read()
    found = json.loads(server.ask("GET", "search?q=%E4%BD%8D%E4%BA%8E:%E5%B7%A5%E4%BD%9C").read())
    assert found["ids"] == []
    assert json.loads(server.ask("GET", "domains/%E4%BD%A0%E5%A5%BD.test", name="root").read())["status"] == 404
    head = server.ask("HEAD", "health", name=None)
    assert (head.status, head.read()) == (200, b"")


def test_who_waits_hears_by_himself_also_a_reader_of_somebody_else_s_mailbox(on_both: Server) -> None:
    site = on_both.site
    own = on_both.ask("GET", "events")
    assert next_event(own)[0] == "hello"
    for number in range(3):
        site.deliver("anna", mail(str(number)))
        name, data = next_event(own)
        assert (name, data["added_rows"][0]["subject"]) == ("change", str(number))  # type: ignore[index]
    place = site.mailbox("anna", "INBOX")
    stream = on_both.ask("GET", "events", name="bert")
    assert next_event(stream)[0] == "hello"
    site.anna.put(f"mailboxes/{place}/rights/bert@example.test", {"rights": "lr"})
    while next_event(stream)[0] != "mailboxes":
        pass
    for number in range(3):
        delivered = site.deliver("anna", mail(str(number)))
        name, data = next_event(stream)
        while name != "change":
            name, data = next_event(stream)
        assert data["added"] == [delivered]


def test_listeners_hold_no_thread(server: Server) -> None:
    def threads() -> int:
        return len(os.listdir(f"/proc/{server.process.pid}/task"))

    server.ask("GET", "health").read()
    streams = [server.ask("GET", "events") for _ in range(60)]
    assert {next_event(stream)[0] for stream in streams} == {"hello"}
    assert threads() < 45
    assert server.ask("GET", "me").status == 200
    for stream in streams:
        stream.close()


def test_a_stream_needs_a_session(server: Server) -> None:
    answer = server.ask("GET", "events", name=None)
    assert (answer.status, json.loads(answer.read())["type"]) == (401, "/problems/unauthorized")


def test_bodies_have_limits_by_path(server: Server) -> None:
    small, large = b"x" * (5 * 1024 * 1024), b"x" * (SIZE_LIMIT + 10_000)
    refused = server.ask("POST", "drafts", small, Content_Type="application/json")
    assert (refused.status, json.loads(refused.read())["type"]) == (413, "/problems/too-large")
    assert server.ask("POST", "uploads", small[: SIZE_LIMIT // 2]).status == 201
    assert server.ask("POST", "uploads", large).status == 413


def test_a_body_in_chunks_is_read(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    token = {"Authorization": f"Bearer {server.site.anna.token}", "Content-Type": "application/json"}
    body = iter([b'{"name":', b' "Chunks"}'])
    connection.request("POST", f"{API}/mailboxes", body, token, encode_chunked=True)
    assert json.loads(connection.getresponse().read())["name"] == "Chunks"


def test_many_ask_at_once(server: Server) -> None:
    with ThreadPoolExecutor(20) as pool:
        codes = list(pool.map(lambda number: server.ask("GET", "mailboxes").status, range(100)))
    assert set(codes) == {200}


def test_a_trusted_proxy_names_the_client(server: Server) -> None:
    body = json.dumps({"name": "anna@example.test", "password": "correct horse battery"}).encode()
    headers = {"Content_Type": "application/json", "X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "https"}
    answer = server.ask("POST", "sessions", body, None, **headers)
    assert answer.status == 201
    peers = {one["peer"] for one in json.loads(server.ask("GET", "sessions").read())["items"]}
    assert "203.0.113.9" in peers


def test_more_than_a_thousand_browsers_keep_nobody_out(server: Server) -> None:
    for pid in (os.getpid(), server.process.pid):
        files, most = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (max(files, 4096), most))
    with ExitStack() as browsers:
        for _ in range(1100):
            browsers.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
        assert server.ask("GET", "health", name=None).status == 200


def test_rubbish_does_not_end_the_server(server: Server) -> None:

    for rubbish in (
        b"\0\xff\r\n\r\n",
        b"GET /\r\n\r\n",
        b"POST /api/v1/sessions HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as wire:
            wire.sendall(rubbish)
            wire.settimeout(10)
            try:
                wire.recv(100)
            except OSError:
                pass
    assert server.ask("GET", "health").status == 200


def test_a_busy_address_is_said_in_one_sentence(sqlite_store: Store) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        environment = {
            **os.environ,
            "MAILNODE_DATA_DIR": str(sqlite_store.settings.data_dir),
            "MAILNODE_LISTEN_HTTP": listen,
        }
        command = [sys.executable, "-m", "backend.server"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"Cannot listen on {listen}: Address already in use".encode() in done.stderr
    assert b"Traceback" not in done.stderr


def test_bad_settings_are_said_in_one_sentence() -> None:
    environment = {**os.environ, "MAILNODE_LISTEN_HTTP": "nonsense"}
    command = [sys.executable, "-m", "backend.server"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"MAILNODE_LISTEN_HTTP" in done.stderr
    assert b"Traceback" not in done.stderr
