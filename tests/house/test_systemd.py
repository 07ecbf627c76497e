"""The systemd unit: systemd itself finds nothing to complain of, and what it starts is there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support import needs

ROOT = Path(__file__).parents[2]
UNIT = (ROOT / "contrib/mailnode.service").read_text()


def complaints(folder: Path, unit: str) -> list[str]:
    """What systemd says of the unit, when it is installed from this checkout and its user is there."""
    file = folder / "mailnode.service"
    here = unit.replace("/opt/mailnode", str(ROOT)).replace("User=mailnode\nGroup=mailnode\n", "")
    file.write_text(here)
    done = subprocess.run(
        [needs.program("systemd-analyze"), "verify", "--man=no", str(file)], capture_output=True, text=True, check=False
    )
    return [line for line in done.stderr.splitlines() if "mailnode.service" in line]


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    assert complaints(tmp_path, UNIT) == []


@pytest.mark.parametrize(
    "wrong", [("KillMode=", "KillMood="), ("Type=notify", "Type=shout"), ("bin/mailnode", "bin/no")]
)
def test_systemd_would_say_so(tmp_path: Path, wrong: tuple[str, str]) -> None:
    assert complaints(tmp_path, UNIT.replace(*wrong))


def test_the_time_to_drain_is_more_than_the_supervisor_takes() -> None:
    (seconds,) = (line.partition("=")[2] for line in UNIT.splitlines() if line.startswith("TimeoutStopSec="))
    assert int(seconds) > 10
