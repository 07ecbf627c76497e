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


def addresses() -> list[str]:
    from mailnode.settings import Settings

    settings = Settings.load()
    doors = [("web client", "http", "http://{}/"), ("API", "http", "http://{}/api/v1/")]
    doors += [("SMTP (mail from the world)", "smtp", "{}")]
    doors += [("submission, STARTTLS", "submission", "{}"), ("submission, TLS", "submissions", "{}")]
    doors += [("IMAP, STARTTLS", "imap", "{}"), ("IMAP, TLS", "imaps", "{}")]
    doors += [("POP3, STLS", "pop3", "{}"), ("POP3, TLS", "pop3s", "{}")]
    return [
        f"  {name:28s} {form.format(listen)}"
        for name, door, form in doors
        for listen in getattr(settings, f"listen_{door}")
    ]


def main() -> None:
    mailnode("init")
    password = first_administrator()
    print("Mailnode answers here; Ctrl-C stops it.", *addresses(), sep="\n")
    if password:
        print(f"\n  administrator                {ADMINISTRATOR}\n  password (printed once)      {password}\n")
    sys.stdout.flush()
    os.execv(MAILNODE, [MAILNODE, "serve"])


if __name__ == "__main__":
    main()
