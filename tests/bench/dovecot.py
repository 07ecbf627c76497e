"""Debian's Dovecot with Maildir, as a server on a port of loopback. Needs root: its processes change users."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from tests.bench.mail import FIRST_DATE, sample
from tests.bench.progress import Progress
from tests.support import needs, ports

USER = "mail"  # who owns the mailboxes
CONFIG = """
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{dir}/mail/%n
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 20000
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={user} home={dir}/mail/%n
}}
service imap-login {{
  service_count = 0
  process_min_avail = 2
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service imap {{
  process_limit = 20000
}}
service anvil {{
  client_limit = 60000
}}
"""


class Dovecot:
    """Any user may log in with the password."""

    def __init__(self, password: str) -> None:
        self._program = needs.program("dovecot")
        self.dir = Path(tempfile.mkdtemp(prefix="mailnode-dovecot-", dir="/tmp"))
        self.dir.chmod(0o755)
        for part in ("run", "state", "mail"):
            (self.dir / part).mkdir()
        shutil.chown(self.dir / "mail", USER, USER)
        self.port = ports.free()
        self._config = self.dir / "dovecot.conf"
        self._config.write_text(CONFIG.format(dir=self.dir, user=USER, password=password, port=self.port))

    def __enter__(self) -> Dovecot:
        subprocess.run([self._program, "-c", self._config], check=True)
        ports.listening("127.0.0.1", self.port)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        subprocess.run([self._program, "-c", self._config, "stop"], capture_output=True, check=False)
        shutil.rmtree(self.dir, ignore_errors=True)

    @property
    def pid(self) -> int:
        return int((self.dir / "run" / "master.pid").read_text())

    def fill(self, user: str, count: int) -> None:
        """Put messages into a Maildir that has never been opened, as files."""
        box = self.dir / "mail" / user
        for part in ("cur", "new", "tmp"):
            (box / part).mkdir(parents=True)
        with Progress("Dovecot's mailbox", count) as bar:
            for number in range(count):
                raw = sample(number).replace(b"\r\n", b"\n")
                (box / "cur" / f"{FIRST_DATE + number * 60}.M{number}P1.bench:2,S").write_bytes(raw)
                bar.step()
        for path in (box, *box.iterdir()):
            shutil.chown(path, USER, USER)
        for path in (box / "cur").iterdir():
            shutil.chown(path, USER, USER)
