"""The installation of compose.yaml, put together by hand: its commands under its settings.

PostgreSQL is Debian's, the object store is moto's server; addresses and ports are those of this
machine. Two nodes and a web process share one database and one object store.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.node import DOORS, ROOT, Node
from tests.support.objects import ObjectStore
from tests.support.postgres import Postgres

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
ANNA = "anna@example.test"
HERE = {
    "MAILNODE_NAMESERVERS": "127.0.0.1:9",
    "MAILNODE_AUTH_WITHOUT_TLS": "loopback",
    "MAILNODE_WORKERS": "1",
    "MAILNODE_SMTPD_RESTRICTIONS": "reject_unauth_destination",
}


@dataclass(frozen=True, slots=True)
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
    node.environment |= kept | places | HERE
    return node


@contextlib.contextmanager
def installed(postgres: Postgres, folder: Path, **settings: str) -> Iterator[Installation]:
    """Everything of compose.yaml running, with user anna of example.test."""
    name = f"composed_{abs(hash(folder))}"
    with ObjectStore() as objects:
        places = {"MAILNODE_DATABASE_URL": postgres.create(name), "MAILNODE_DATA_DIR": str(folder / "mailnode")}
        places |= objects.environment | {f"MAILNODE_{key.upper()}": value for key, value in settings.items()}
        node1, node2, web = (node_of(service, folder / service, places) for service in ("node1", "node2", "web"))
        node1.cli(*SERVICES["schema"]["command"][1:])
        node1.cli("domain", "add", "example.test")
        node1.add_user(ANNA)
        try:
            yield Installation(node1.start(), node2.start(), web.start(), objects)
        finally:
            for node in (node1, node2, web):
                if node.process is not None:
                    node.kill()
            postgres.drop(name)
