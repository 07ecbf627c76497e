"""imapflow, what many Node programs read mail with: COMPRESS, CONDSTORE, QRESYNC, IDLE and IMAP4rev2."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support import needs
from tests.support.node import PASSWORD, Node

FOLDER = Path(__file__).parents[1] / "imapflow"


def test_imapflow_converses(home: Node) -> None:
    if not (FOLDER / "node_modules").is_dir():
        sentence = f"imapflow is missing: cd {FOLDER} && npm ci"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(sentence)
    done = subprocess.run(
        [needs.program("node"), "conversation.mjs", home.host, str(home.ports["imaps"]), "anna@example.test", PASSWORD],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
