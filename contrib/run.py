"""`make run`: an empty installation gets a schema, a first domain and a first administrator; then serve.

The administrator's password is made here, printed once and kept nowhere. Harmless to call again:
when there are users already, nothing is made. Settings come from the environment and mailnode.toml
as always, so that this serves PostgreSQL and an object store too.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

from mailnode.cli.language import Text

MAILNODE = str(Path(sys.executable).parent / "mailnode")
DOMAIN = "mailnode.localhost"  # RFC 6761 §6.3: never somebody else's
ADMINISTRATOR = f"admin@{DOMAIN}"
FIRST = Text(
    "Administrator {name}, password {password} (printed this once)",
    "管理员 {name}，密码 {password}（只打印这一次）",
)


def mailnode(*arguments: str, stdin: str = "") -> str:
    done = subprocess.run([MAILNODE, *arguments], input=stdin, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


def first_administrator() -> str | None:
    """Make the first administrator and return the password; None when somebody is there already."""
    if json.loads(mailnode("user", "list", "--json")):
        return None
    password = secrets.token_urlsafe(12)
    mailnode("domain", "add", DOMAIN)
    mailnode("user", "add", ADMINISTRATOR, "--admin", "--password-stdin", stdin=f"{password}\n")
    return password


def main() -> None:
    mailnode("init")
    password = first_administrator()
    if password:
        print(f"\n{FIRST(name=ADMINISTRATOR, password=password)}\n", flush=True)
    os.execv(MAILNODE, [MAILNODE, "serve"])  # which prints the addresses


if __name__ == "__main__":
    main()
