"""Processes of the supervisor: forked, so that they share the memory of everything imported before.

A child ends when the supervisor dies (PR_SET_PDEATHSIG), ignores Ctrl-C (the supervisor tells it to
end), and says that it is ready through a pipe.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

from mailnode import log, unusable
from mailnode.errors import MailError
from mailnode.settings import BadSettings

PR_SET_PDEATHSIG = 1
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
ARENAS = 2  # of malloc; the default of 8 a core costs each process of few threads several megabytes
# What malloc keeps for the next large message, and for the 19 MB in which a password is hashed. To give it back and to
# have it again page by page is some percents of the work of a message of 1 MB, and a fifth of that of a login.
MALLOC_KEEPS, MALLOC_MAPS = 40 << 20, 32 << 20
_libc = ctypes.CDLL(None, use_errno=True)
_log = log.get("node")


@dataclass(frozen=True, slots=True)
class Process:
    """A running child. ``ready_fd`` becomes readable when the child is ready, or has ended."""

    pid: int
    ready_fd: int

    def signal(self, number: signal.Signals) -> None:
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            pass


# The writer lets go of the interpreter at each statement; Python's 5 ms would let it wait for it as often.
SWITCH_SECONDS = 0.0005
GARBAGE = (10_000, 20, 20)  # young objects before a look for cycles: hardly any are made, and a look takes its time
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


def prepare() -> None:
    """Once in the supervisor, when everything has been imported and before the first fork."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:  # one file for each connection
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hasattr(_libc, "mallopt"):
        _libc.mallopt(M_ARENA_MAX, ARENAS)
        _libc.mallopt(M_TRIM_THRESHOLD, MALLOC_KEEPS)
        _libc.mallopt(M_MMAP_THRESHOLD, MALLOC_MAPS)
    sys.unraisablehook = log.ignored
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()  # the collector does not touch, and so not copy, the shared pages
    gc.set_threshold(*GARBAGE)


def fork(name: str, body: Callable[[Callable[[], None]], None]) -> Process:
    """Run ``body(ready)`` in a child. It ends with status 0 when the body returns, else 1.

    Signals wait until the child has handlers of its own: until then it has the supervisor's wakeup file,
    and a SIGTERM for the child would be read by the supervisor as its own.
    """
    reader, writer = os.pipe()
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    pid = os.fork()
    if pid:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.close(writer)
        return Process(pid, reader)
    status = 1
    try:
        os.close(reader)
        _become_child(parent)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        body(lambda: _tell(writer))
        status = 0
    except (BadSettings, MailError) as error:
        print(f"mailnode: {unusable.told(error)}", file=sys.stderr, flush=True)  # noqa: T201  a sentence for people
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    except BaseException:
        _log.exception("process failed", process=name)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _become_child(parent: int) -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    for number in (signal.SIGINT, signal.SIGHUP):  # until the child has a use for it
        signal.signal(number, signal.SIG_IGN)
    _libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)


def _tell(writer: int) -> None:
    os.write(writer, b".")
    os.close(writer)


def succeeds(name: str, work: Callable[[], object]) -> bool:
    """Run ``work`` in a child of its own, whose memory goes with it; False when it failed."""
    child = fork(name, lambda ready: _run(work))
    os.close(child.ready_fd)
    _, status = os.waitpid(child.pid, 0)
    return os.waitstatus_to_exitcode(status) == 0


def _run(work: Callable[[], object]) -> None:
    work()
