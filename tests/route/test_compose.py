"""The commands, settings and health checks of compose.yaml, started and asked.

`tests.support.composed` puts the services together; the proxy is Debian's caddy.
"""

from __future__ import annotations

import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import needs, ports
from tests.support.api import Api
from tests.support.client import trusting
from tests.support.composed import ANNA, SERVICES, Installation, installed
from tests.support.node import ROOT, Node
from tests.support.postgres import Postgres

LETTER = b"From: s@example.org\r\nTo: anna@example.test\r\nSubject: over two nodes\r\n\r\nhello\r\n"


@pytest.fixture(scope="module")
def installation(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    assert all(SERVICES[name]["command"] == ["mailnode", "serve"] for name in ("node1", "node2", "web"))
    with installed(postgres, tmp_path_factory.mktemp("compose")) as made:
        yield made


def test_mail_taken_by_one_node_is_read_at_the_other_and_on_the_web(installation: Installation) -> None:
    with installation.node1.smtp() as client:
        client.sendmail("", [ANNA], LETTER)
    assert installation.node2.messages(ANNA)[0].endswith(LETTER)
    api = Api(installation.web, ANNA)
    [row] = api.inbox()
    assert row["subject"] == "over two nodes"
    assert api.raw("GET", f"/messages/{row['id']}/raw").endswith(LETTER)
    assert all(name.startswith("blobs/") for name in installation.objects.names())
    assert installation.objects.names()


def test_a_client_waiting_at_one_node_hears_of_mail_at_the_other(installation: Installation) -> None:
    with installation.node2.imap(ANNA) as client:
        client.select("INBOX")
        client.send(b"x IDLE\r\n")
        assert client.readline().startswith(b"+")
        with installation.node1.smtp() as other:
            other.sendmail("", [ANNA], LETTER)
        assert client.readline().endswith(b" EXISTS\r\n")
        client.send(b"DONE\r\n")
        while not client.readline().startswith(b"x OK"):
            pass


@pytest.mark.parametrize("name", ["node1", "web"])
def test_health_checks_pass(installation: Installation, name: str) -> None:
    node: Node = getattr(installation, name)
    program, option, code = SERVICES[name]["healthcheck"]["test"][1:]
    assert program == "python"
    code = code.replace("2525", str(node.ports.get("smtp"))).replace("8080", str(node.ports.get("http")))
    subprocess.run([needs.program("python3"), option, code], check=True, timeout=60)


def test_the_proxy_ends_tls_and_passes_on(installation: Installation, tmp_path: Path) -> None:
    """Caddy with our Caddyfile and a certificate of its own authority, as for a name that is not public."""
    port, admin = ports.free(), ports.free()
    shown = (ROOT / "contrib" / "Caddyfile").read_text(encoding="utf-8")
    options = f"{{\n\tadmin 127.0.0.1:{admin}\n\tauto_https disable_redirects\n\tskip_install_trust\n}}\n"
    (tmp_path / "Caddyfile").write_text(options + shown.replace("\treverse_proxy", "\ttls internal\n\treverse_proxy"))
    command = [word.replace("/etc/caddy", str(tmp_path)) for word in SERVICES["proxy"]["command"]]
    environment = {
        "MAILNODE_HOSTNAME": f"localhost:{port}",
        "MAILNODE_WEB": installation.web.url.removeprefix("http://"),
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "PATH": "/usr/sbin:/usr/bin:/bin",
    }
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([needs.program(command[0]), *command[1:]], env=environment, stdout=log, stderr=log)
    try:
        ports.listening("127.0.0.1", port)
        url = f"https://localhost:{port}/api/v1/health"
        ports.until(lambda: answer(url, trusting()) == 200, what=(tmp_path / "log").read_text())
    finally:
        process.terminate()
        process.wait(60)


def answer(url: str, context: ssl.SSLContext) -> int:
    try:
        with urllib.request.urlopen(url, timeout=60, context=context) as got:
            return int(got.status)
    except OSError:
        return 0


def test_the_database_command_names_settings_that_postgres_knows(postgres: Postgres) -> None:
    words = SERVICES["database"]["command"]
    assert words[0] == "postgres"
    for option, value in zip(words[1::2], words[2::2], strict=True):
        assert option == "-c"
        name = value.split("=")[0]
        command = postgres.command("postgres", "-C", name, "-D", postgres.directory / "data", option, value)
        done = subprocess.run(command, cwd=postgres.directory, capture_output=True, text=True, check=False)
        assert done.stdout.strip(), done.stderr
