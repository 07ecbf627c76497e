"""Debian's Postfix as somebody else's mail server, in a temporary folder and on an address of its own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import pytest

from tests.support import needs, ports

MAIN = """
compatibility_level = 3.6
myhostname = {name}
mydomain = {domain}
queue_directory = {dir}/spool
data_directory = {dir}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_bind_address = {host}
mydestination =
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {dir}/mail
virtual_mailbox_maps = texthash:{dir}/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
transport_maps = texthash:{dir}/transport
smtputf8_enable = yes
smtp_dns_support_level = disabled
smtp_host_lookup = native
maillog_file = {dir}/log
maillog_file_prefixes = {dir}
"""
MASTER = """
{host}:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """``with Postfix("postfix.test", {"anna"}, {"a.test": "127.0.0.2:2525"}) as other: other.received("anna")``.

    ``routes`` says where it hands over mail for other domains, since it would ask the system's DNS;
    ``lmtp://127.0.0.1:24`` by LMTP.
    ``more`` are lines of its main.cf. Needs root: its processes change users.
    """

    def __init__(
        self, domain: str, users: set[str], routes: Mapping[str, str], host: str, port: int, more: str = ""
    ) -> None:
        self.program = needs.program("postfix")
        self.domain, self.host, self.port = domain, host, port
        self.dir = Path(tempfile.mkdtemp(prefix="mailnode-postfix-", dir="/tmp"))
        self.dir.chmod(0o755)
        for part in ("etc", "spool", "data", "mail"):
            (self.dir / part).mkdir()
        owner = (self.dir / "mail").owner()
        if owner != "root":
            pytest.skip("Postfix changes users: only as root")
        shutil.chown(self.dir / "data", "postfix")
        shutil.chown(self.dir / "mail", "nobody", "nogroup")
        stat = (self.dir / "mail").stat()
        for original in Path("/etc/postfix").glob("*.proto"):  # what `postfix check` compares with
            shutil.copy(original, self.dir / "etc")
        facts = {"name": f"mx.{domain}", "domain": domain, "dir": self.dir, "host": host, "port": port}
        self._write("etc/main.cf", MAIN.format(**facts, uid=stat.st_uid, gid=stat.st_gid) + more)
        self._write("etc/master.cf", MASTER.format(**facts))
        self._write("mailboxes", "".join(f"{user}@{domain} {user}/\n" for user in users))
        self._write("transport", "".join(f"{name} {_transport(place)}\n" for name, place in routes.items()))

    def _write(self, name: str, text: str) -> None:
        (self.dir / name).write_text(text.lstrip(), encoding="utf-8")

    def __enter__(self) -> Postfix:
        done = subprocess.run(self._command("start"), capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{done.stdout}{done.stderr}{self.log()}"
        ports.listening(self.host, self.port)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        subprocess.run(self._command("stop"), capture_output=True, check=False)
        shutil.rmtree(self.dir, ignore_errors=True)

    def _command(self, verb: str) -> list[str]:
        return [self.program, "-c", str(self.dir / "etc"), verb]

    def log(self) -> str:
        path = self.dir / "log"
        return path.read_text(errors="replace")[-4000:] if path.exists() else ""

    def received(self, user: str) -> list[bytes]:
        """The messages in a user's Maildir, oldest first; their names do not say which of one second's came before."""
        found = (self.dir / "mail" / user / "new").glob("*")
        return [path.read_bytes() for path in sorted(found, key=lambda path: path.stat().st_mtime_ns)]

    def wait_for(self, user: str, number: int = 1, seconds: float = 120) -> list[bytes]:
        ports.until(lambda: len(self.received(user)) >= number, seconds, f"{number} messages for {user}")
        return self.received(user)


def _transport(place: str) -> str:
    kind, _, host = place.rpartition(":")[0].rpartition("/")
    port = place.rpartition(":")[2]
    return f"lmtp:inet:{host}:{port}" if kind == "lmtp:/" else f"smtp:[{host}]:{port}"
