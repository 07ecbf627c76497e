"""The commands and scripts of README.md do what it says."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import needs
from tests.support.node import ROOT, Node, running

README = (ROOT / "README.md").read_text(encoding="utf-8")
ANNA = "anna@example.com"
LETTER = "From: anna@example.com\nTo: anna@example.com, sales@example.com\nSubject: from a script\n\nhello\n"


def part(title: str) -> str:
    """The text of a part of README.md, up to the next title."""
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def shell(node: Node, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script where ``mailnode`` is this program, in the node's folder."""
    command = f'mailnode() {{ {shlex.quote(sys.executable)} -m mailnode "$@"; }}\n{script}'
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=node.directory,
        env=node.environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node on which the commands of "The command line" have been typed."""
    folder = tmp_path_factory.mktemp("readme")
    made = Node(folder, name="mail.example.com", nameservers="127.0.0.1:9").init()
    (folder / "users.csv").write_text("address,password,name\nbert@example.com,another long password,Bert\n")
    (folder / "aliases").write_text("webmaster: anna@example.com\n")
    (folder / "ids.csv").write_text("")
    (folder / "letter.eml").write_bytes(LETTER.replace("\n", "\r\n").encode())
    lines = re.findall(r"^    (.+)$", part("The command line"), re.MULTILINE)
    script = "\n".join(line for line in lines if "mailnode doctor" not in line).replace("/etc/aliases", "aliases")
    script = script.replace("--at 2h", "--at 0s")  # nobody has had mail for so long here
    done = shell(made, script)
    assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
    with running(made):
        yield made


def test_the_commands_made_what_they_say(node: Node) -> None:
    assert {row["address"] for row in node.json("user", "list")} == {ANNA, "bert@example.com"}
    assert "sales@example.com" in node.cli("alias", "list")
    assert "webmaster@example.com" in node.cli("alias", "list")


def test_the_scripts_read_and_write(node: Node) -> None:
    needs.program("jq")
    [script] = re.findall(r"```sh\n(.*?)```", part("Scripts"), re.DOTALL)
    done = shell(node, script.replace("http://127.0.0.1:8080", node.url).replace("curl -sN", "timeout 8 curl -sN"))
    assert done.returncode == 124, done.stderr  # the stream of events ended by timeout
    assert '"special_use":"inbox"' in done.stdout
    assert "event: hello" in done.stdout
    assert "problems" not in done.stdout
    assert any(b"Subject: from a script" in raw for raw in node.messages(ANNA, password="a long password"))


def test_the_dns_commands_print(node: Node) -> None:
    for line in re.findall(r"^    (mailnode dns (?:records|zone) .*)$", part("DNS in five minutes"), re.MULTILINE):
        assert "example.com" in shell(node, line).stdout


def test_the_doctor_says_what_is_wrong(node: Node) -> None:
    done = shell(node, "mailnode doctor --json")
    assert done.returncode in (0, 1), done.stderr
    assert json.loads(done.stdout)


def test_the_files_to_read_first_exist() -> None:
    named = re.findall(r"^\d+\. \[.*?\]\((.*?)\)", README, re.MULTILINE)
    assert len(named) == 10
    assert [name for name in named if not (Path(ROOT) / name).is_file()] == []
