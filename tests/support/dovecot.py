"""Debian's Dovecot as a second opinion on IMAP: one process that speaks on its standard streams, no daemon, no port."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from pathlib import Path
from typing import BinaryIO, cast

from tests.support import needs
from tests.support.imap_reader import Conversation

CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
ssl = no
mail_location = maildir:{folder}/mail
mail_home = {folder}/mail
mail_save_crlf = yes
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
imap_id_log = *
"""


class Dovecot:
    """An empty store in that folder, which others must be able to enter; each connection is a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._mail = folder / "mail"
        self._mail.mkdir(parents=True)
        root = os.geteuid() == 0
        user = "mail" if root else getpass.getuser()  # Dovecot does not touch mail as root
        if root:
            shutil.chown(self._mail, user, user)
        self._config = folder / "dovecot.conf"
        self._config.write_text(CONFIG.format(folder=folder, user=user, group="mail" if root else os.getgid()))

    def connect(self) -> Conversation:
        """Logged in. Closing the conversation ends the process."""
        process = subprocess.Popen(
            [needs.program("imap"), "-c", self._config],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._mail,
            env=os.environ | {"USER": "anna", "HOME": str(self._mail)},
        )
        assert process.stdout
        assert process.stdin
        return Conversation(cast(BinaryIO, process.stdout), cast(BinaryIO, process.stdin), [process.kill, process.wait])
