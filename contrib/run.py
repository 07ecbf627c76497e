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
from mailnode.settings import Settings

MAILNODE = str(Path(sys.executable).parent / "mailnode")
DOMAIN = "mailnode.localhost"  # RFC 6761 §6.3: never somebody else's
ADMINISTRATOR = f"admin@{DOMAIN}"


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


DOORS = (
    (Text("web client", "网页客户端"), "http", "http://{}/"),
    (Text("API", "API"), "http", "http://{}/api/v1/"),
    (Text("SMTP, from the world", "SMTP，外界来信"), "smtp", "{}"),
    (Text("submission, STARTTLS", "发信，STARTTLS"), "submission", "{}"),
    (Text("submission, TLS", "发信，TLS"), "submissions", "{}"),
    (Text("IMAP, STARTTLS", "IMAP，STARTTLS"), "imap", "{}"),
    (Text("IMAP, TLS", "IMAP，TLS"), "imaps", "{}"),
    (Text("POP3, STLS", "POP3，STLS"), "pop3", "{}"),
    (Text("POP3, TLS", "POP3，TLS"), "pop3s", "{}"),
)
ANSWERS = Text("Mailnode answers here; Ctrl-C stops it:", "Mailnode 在这些地址上服务；按 Ctrl-C 停止：")
FIRST = Text(
    "Administrator {name}, password {password} (printed this once)",
    "管理员 {name}，密码 {password}（只打印这一次）",
)


def addresses() -> list[str]:
    """One line for each address that is listened on, as people type it."""
    settings = Settings.load()
    listed = [(listen, *door) for door in DOORS for listen in getattr(settings, f"listen_{door[1]}")]
    return [f"  {form.format(listen):32s} {name}" for listen, name, _, form in listed]


def main() -> None:
    mailnode("init")
    password = first_administrator()
    print(f"\n{ANSWERS}", *addresses(), sep="\n")
    if password:
        print(f"\n{FIRST(name=ADMINISTRATOR, password=password)}")
    print(flush=True)
    os.execv(MAILNODE, [MAILNODE, "serve"])


if __name__ == "__main__":
    main()
