"""compose.yaml is taken by Compose itself and names only what exists.

No Docker engine is at hand where the tests run, which `config` does not need. The commands that the file names are
started by tests/route/test_compose.py.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from mailnode.settings import Settings
from tests.support import needs
from tests.support.tree import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
# The keys of a service that we use, and the types that the Compose specification gives them.
SHAPE: dict[str, type | tuple[type, ...]] = {
    "build": str,
    "command": list,
    "depends_on": dict,
    "environment": dict,
    "healthcheck": dict,
    "image": str,
    "ports": list,
    "restart": str,
    "stop_grace_period": str,
    "volumes": list,
}
HEALTH = {"test", "interval", "timeout", "retries", "start_period"}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
OURS = [name for name, service in SERVICES.items() if service["image"] == "mailnode"]


def composed(file: Path) -> subprocess.CompletedProcess[str]:
    """The file as Debian's docker-compose understands it."""
    command = [needs.program("docker-compose"), "--project-directory", str(ROOT), "-f", str(file), "config"]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def test_compose_takes_the_file_and_reads_in_it_what_we_do() -> None:
    done = composed(ROOT / "compose.yaml")
    assert done.returncode == 0, done.stderr
    understood = yaml.safe_load(done.stdout)["services"]
    assert understood.keys() == SERVICES.keys()
    for name, service in SERVICES.items():
        assert understood[name]["command"] == service["command"]
        assert understood[name]["environment"].keys() == service["environment"].keys()


def test_compose_would_say_what_is_wrong(tmp_path: Path) -> None:
    wrong = tmp_path / "compose.yaml"
    wrong.write_text((ROOT / "compose.yaml").read_text(encoding="utf-8").replace("stop_grace_period", "stop_period"))
    done = composed(wrong)
    assert done.returncode != 0
    assert "stop_period" in done.stderr


def test_top_level() -> None:
    assert {name for name in COMPOSE if not name.startswith("x-")} == {"services", "volumes"}


@pytest.mark.parametrize("name", SERVICES)
def test_service_has_the_shape_of_the_specification(name: str) -> None:
    service = SERVICES[name]
    assert set(service) <= set(SHAPE)
    assert [key for key, value in service.items() if not isinstance(value, SHAPE[key])] == []
    assert service["restart"] in {"no", "always", "on-failure", "unless-stopped"}
    assert all(isinstance(word, str) for word in service["command"])
    assert all(isinstance(value, str | int) for value in service["environment"].values())


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_exists(name: str) -> None:
    for other, wanted in SERVICES[name].get("depends_on", {}).items():
        assert wanted["condition"] in CONDITIONS
        if wanted["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "schema"])
def test_every_lasting_service_says_how_it_feels(name: str) -> None:
    health = SERVICES[name]["healthcheck"]
    assert set(health) <= HEALTH
    assert health["test"][0] == "CMD"


@pytest.mark.parametrize("name", SERVICES)
def test_volumes_are_declared_or_lie_here(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        source = volume.split(":")[0]
        assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_no_port_is_published_twice() -> None:
    published = [port.split(":")[0] for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(published) == len(set(published))


@pytest.mark.parametrize("name", OURS)
def test_our_services_use_settings_that_exist(name: str) -> None:
    named = {key for key in SERVICES[name]["environment"] if key.startswith("MAILNODE_")}
    assert named <= {f"MAILNODE_{field.upper()}" for field in Settings.model_fields}


@pytest.mark.parametrize("name", OURS)
def test_published_ports_are_listened_on(name: str) -> None:
    environment = SERVICES[name]["environment"]
    listened = {value.rpartition(":")[2] for key, value in environment.items() if "_LISTEN_" in key}
    assert {port.split(":")[1] for port in SERVICES[name].get("ports", [])} <= listened
