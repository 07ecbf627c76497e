"""mutt, as its user has set it up."""

from __future__ import annotations

from pathlib import Path

from tests.support.marked import ANNA, BERT
from tests.support.node import PASSWORD, Node
from tests.support.programs import run


def sends(node: Node, mark: str, folder: Path, certificate: Path, mechanism: str) -> None:
    """Anna writes to bert through the submission door, with STARTTLS."""
    settings, (local, domain) = folder / "muttrc", ANNA.split("@")
    settings.write_text(
        f'set from="{ANNA}"\nset copy=no\nset ssl_force_tls=yes\nset ssl_verify_host=no\n'
        f'set certificate_file="{certificate}"\nset smtp_authenticators="{mechanism}"\nset smtp_pass="{PASSWORD}"\n'
        f'set smtp_url="smtp://{local}%40{domain}@{node.host}:{node.ports["submission"]}/"\n'
    )
    run("mutt", "-n", "-F", settings, "-s", mark, "--", BERT, stdin=f"Body of {mark}\n", home=folder)


def copies(url: str, keys: str, folder: Path, certificate: Path, *login: str) -> str:
    """Bert opens the mailbox and presses keys that go to a message, which is copied to a file: its text."""
    settings = folder / "muttrc"
    settings.write_text(
        f'set ssl_force_tls=yes\nset ssl_verify_host=no\nset certificate_file="{certificate}"\n'
        f'set header_cache=""\nset wait_key=no\nset confirmappend=no\nset move=no\nset folder="{folder}"\n'
        "set mbox_type=mbox\nset confirmcreate=no\nset quit=yes\n"
        f'macro index X "{keys}<copy-message>{folder}/copy<enter><exit>"\n' + "".join(f"set {one}\n" for one in login)
    )
    run("script", "-qec", f"mutt -n -F {settings} -f {url} -e 'push X'", "/dev/null", home=folder)
    return (folder / "copy").read_text()
