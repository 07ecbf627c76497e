"""``mailnode`` commands in processes of their own that need not begin with importing everything again.

One process for each process of tests imports the program once, and forks for every command: its own arguments, folder,
environment, files and process group, as if it had been started from a shell. Most of the time of a short command, and
much of that of a server's start, is spent on imports. That ``python -m mailnode`` works too is tested elsewhere.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KILLED = -signal.SIGKILL


class Forked:
    """What is used of a ``subprocess.Popen``: one command that runs, or has run."""

    def __init__(self, told: socket.socket) -> None:
        self._told = told
        self.pid = int(told.recv(100))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self.returncode = int(self._told.recv(100) or KILLED)
            self._told.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""
        if self.returncode is None and not select.select([self._told], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("mailnode", timeout or 0)
        self.poll()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class _Forking:
    """The process that forks, seen from the tests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wire: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(
        self, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], files: Sequence[int]
    ) -> Forked:
        """``files`` are standard input, output and error."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with self._lock, theirs:
            wire = self._wire = self._wire or self._begin()
            order = pickle.dumps((list(arguments), str(cwd), dict(environment)))
            socket.send_fds(wire, [order], [*files, theirs.fileno()])
        return Forked(ours)

    def _begin(self) -> socket.socket:
        """It ends with this process, when nobody has the other end of its socket any more."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.support.forked", str(theirs.fileno())]
            environment = os.environ | {"PYTHONPATH": str(ROOT)}
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()]
            )
        return ours


start = _Forking().start


def _import_everything() -> None:
    import mailnode

    for module in pkgutil.walk_packages(mailnode.__path__, "mailnode."):
        if not module.name.startswith("mailnode.migrations.") and not module.name.endswith("__main__"):
            with contextlib.suppress(Exception):  # the command that needs it says so
                importlib.import_module(module.name)
    assert threading.active_count() == 1, "who has threads cannot fork"


def _serve(wire: socket.socket) -> None:
    """Fork for every order until there is nobody who gives any."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the watchers
    while True:
        order, files, _, _ = socket.recv_fds(wire, 1 << 20, 4)
        if not order:
            return
        if os.fork() == 0:
            wire.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _watch(order, files)
        for file in files:
            os.close(file)


def _watch(order: bytes, files: list[int]) -> None:
    """In a process that does nothing else: the command's parent, which tells how it ends."""
    told = socket.socket(fileno=files.pop())
    pid = os.fork()
    if pid == 0:
        told.close()
        arguments, cwd, environment = pickle.loads(order)
        os._exit(_command(arguments, cwd, environment, files))
    told.send(b"%d" % pid)
    for file in (0, 1, 2, *files):
        os.close(file)
    ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    told.send(b"%d" % ended)
    os._exit(0)


def _command(arguments: list[str], cwd: str, environment: dict[str, str], files: list[int]) -> int:
    os.setsid()
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = ["mailnode", *arguments]
    return _exit_status()


def _exit_status() -> int:
    from mailnode.cli.main import main

    try:
        status: object = main()
    except SystemExit as error:
        status = error.code
    except BaseException:
        traceback.print_exc()
        status = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return status if isinstance(status, int) else int(status is not None)


if __name__ == "__main__":
    _import_everything()
    _serve(socket.socket(fileno=int(sys.argv[1])))
