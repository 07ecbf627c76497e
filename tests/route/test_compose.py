"""The installation of compose.yaml, put together by hand: its commands under its settings.

PostgreSQL and the proxy are Debian's, the object store is moto's server; addresses and ports are those
of this machine. Two nodes and a web process share one database and one object store.
"""

from __future__ import annotations

import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import needs, ports
from tests.support.api import Api
from tests.support.node import DOORS, ROOT, Node, trusting
from tests.support.objects import ObjectStore
from tests.support.postgres import Postgres

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
ANNA = "anna@example.test"
LETTER = b"From: s@example.org\r\nTo: anna@example.test\r\nSubject: over two nodes\r\n\r\nhello\r\n"


@dataclass
class Installation:
    node1: Node
    node2: Node
    web: Node
    objects: ObjectStore


def node_of(service: str, folder: Path, places: dict[str, str]) -> Node:
    """A node under the environment of a service of compose.yaml, with this machine's addresses."""
    environment = {key: str(value) for key, value in SERVICES[service]["environment"].items()}
    folder.mkdir()
    node = Node(folder)
    for door in DOORS:
        if environment[f"MAILNODE_LISTEN_{door.upper()}"] == "off":
            del node.ports[door]
            node.environment[f"MAILNODE_LISTEN_{door.upper()}"] = "off"
    kept = {key: value for key, value in environment.items() if "_LISTEN_" not in key}
    here = {
        "MAILNODE_NAMESERVERS": "127.0.0.1:9",
        "MAILNODE_AUTH_WITHOUT_TLS": "loopback",
        "MAILNODE_WORKERS": "1",
        "MAILNODE_SMTPD_RESTRICTIONS": "reject_unauth_destination",
    }
    node.environment |= kept | places | here
    return node


@pytest.fixture(scope="module")
def installation(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("compose")
    with ObjectStore() as objects:
        data = folder / "mailnode"
        places = {"MAILNODE_DATABASE_URL": postgres.create("composed"), "MAILNODE_DATA_DIR": str(data)}
        places |= objects.environment
        nodes = [node_of(name, folder / name, places) for name in ("node1", "node2", "web")]
        nodes[0].cli(*SERVICES["schema"]["command"][1:])
        nodes[0].cli("domain", "add", "example.test")
        nodes[0].add_user(ANNA)
        assert all(SERVICES[name]["command"] == ["mailnode", "serve"] for name in ("node1", "node2", "web"))
        try:
            yield Installation(nodes[0].start(), nodes[1].start(), nodes[2].start(), objects)
        finally:
            for node in nodes:
                if node.process is not None:
                    node.kill()
            postgres.drop("composed")


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
    subprocess.run([needs.program("python3"), option, code], check=True, timeout=20)


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
        ports.until(lambda: answer(url, trusting()) == 200, 20, (tmp_path / "log").read_text())
    finally:
        process.terminate()
        process.wait(10)


def answer(url: str, context: ssl.SSLContext) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5, context=context) as got:
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
