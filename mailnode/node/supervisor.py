"""The supervisor: starts processes, restarts what dies, reloads on SIGHUP, drains on SIGTERM.

It has no threads, opens no database and serves nobody, so that there is little in it that can fail.

On SIGHUP the settings are read again. Where none has changed, every process loads its certificate
anew and no connection is closed. Where one has, a new set of processes is started beside the old one,
and only when all of it is ready is the old one drained; if it does not get ready, the old one stays.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailnode import log
from mailnode.listening import Turn
from mailnode.node import process
from mailnode.node.ports import Ports
from mailnode.node.process import Process
from mailnode.settings import BadSettings, Listen, Settings

KILL_AFTER = 9.5  # seconds from SIGTERM to SIGKILL; the promise is 10
FIRST_DELAY, LONGEST_DELAY = 0.1, 30.0  # seconds before a restart
HEALTHY_AFTER = 30.0  # seconds alive that make earlier deaths forgotten
PROBE_SECONDS = 0.1
_log = log.get("supervisor")


@dataclass(slots=True)
class Child:
    """One place in the set of processes, whoever fills it at the moment."""

    name: str
    body: Callable[[Callable[[], None]], None]
    turn: Turn | None = None  # when it accepts from the supervisor's own sockets
    probe: Listen | None = None  # ready when this answers, for a program that is not ours to ask
    process: Process | None = None
    ready: bool = False
    started: float = 0.0
    restart: float = 0.0
    deaths: int = 0


Places = dict[str, Sequence[Listen]]


class Supervisor:
    """``plan`` says which processes there are for given settings and places."""

    def __init__(
        self,
        settings: Settings,
        plan: Callable[[Settings, Places], list[Child]],
        announce: Callable[[Places], None],
    ) -> None:
        self._settings = settings
        self._wanted = settings  # what was read last; the same as the settings unless a next set is coming
        self._plan = plan
        self._announce = announce
        self._ports = Ports()
        self._places: Places = {}
        self._children: list[Child] = []
        self._coming: list[Child] = []  # the next set, after a change of settings
        self._leaving: list[Child] = []  # draining, not to be restarted
        self._selector = selectors.DefaultSelector()
        self._announced = False
        self._kill_at: float | None = None

    def run(self) -> int:
        """Until SIGTERM or SIGINT; 0 where everything ended by itself in time. Raises BadSettings."""
        self._places = self._ports.take(self._settings)
        process.prepare()
        self._listen_to_signals()
        self._children = self._plan(self._settings, self._places)
        for child in self._children:
            self._start(child, self._settings)
        while not self._finished():
            for key, _ in self._selector.select(self._patience()):
                key.data()
            self._reap()
            self._do_what_is_due()
        return 0

    def _start(self, child: Child, settings: Settings) -> None:
        def body(ready: Callable[[], None]) -> None:
            self._ports.keep(settings)
            if child.turn is None:
                self._ports.close()
            else:
                self._ports.give(child.turn)
            child.body(ready)

        started = process.fork(child.name, body)
        child.process, child.ready, child.started = started, False, time.monotonic()
        self._selector.register(started.ready_fd, selectors.EVENT_READ, lambda: self._heard(child, started))
        _log.info("started", process=child.name, pid=started.pid)

    def _heard(self, child: Child, started: Process) -> None:
        """The child's pipe says that it is ready; or nothing, when it ended or became another program."""
        if os.read(started.ready_fd, 1):
            child.ready = True
        self._selector.unregister(started.ready_fd)
        os.close(started.ready_fd)

    def _listen_to_signals(self) -> None:
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        self._selector.register(reader, selectors.EVENT_READ, lambda: self._signalled(os.read(reader, 4096)))

    def _signalled(self, numbers: bytes) -> None:
        if signal.SIGTERM in numbers or signal.SIGINT in numbers:
            self._stop()
        elif signal.SIGHUP in numbers and self._kill_at is None:
            self._reload()

    def _stop(self) -> None:
        """Drain everything; said twice, end at once."""
        everyone = self._children + self._coming + self._leaving
        number = signal.SIGTERM if self._kill_at is None else signal.SIGKILL
        _log.info("stopping", signal=number.name)
        if self._kill_at is None:
            self._kill_at = time.monotonic() + KILL_AFTER
        self._leaving = [child for child in everyone if child.process]
        self._children, self._coming = [], []
        self._ports.close()
        for child in self._leaving:
            if child.process:
                child.process.signal(number)

    def _reload(self) -> None:
        try:
            settings = Settings.load()
            if settings == self._wanted:
                for child in self._children + self._coming:
                    if child.process:
                        child.process.signal(signal.SIGHUP)
                _log.info("reloaded", changed=False)
                return
            places = self._ports.take(settings)
        except BadSettings as error:
            _log.error("not reloaded", error=str(error))
            return
        self._drain(self._coming)
        self._wanted = settings
        self._coming = [child for child in self._plan(settings, places) if child.probe is None]
        for child in self._coming:
            self._start(child, settings)

    def _swap(self) -> None:
        """The next set is ready: it takes over. The web process cannot share its port, so it is replaced last."""
        self._settings = self._wanted
        self._places = self._ports.take(self._settings)
        web = [child for child in self._plan(self._settings, self._places) if child.probe]
        for child in web:
            child.restart = time.monotonic() + FIRST_DELAY
        self._drain(self._children)
        self._children, self._coming = self._coming + web, []
        self._settle()
        _log.info("reloaded", changed=True)

    def _settle(self) -> None:
        """No other set is coming: the ports are those of the one that is there."""
        self._ports.keep(self._settings)
        if all(child.turn is None for child in self._children):
            self._ports.fall_silent()

    def _drain(self, children: list[Child]) -> None:
        for child in children:
            if child.process:
                child.process.signal(signal.SIGTERM)
                self._leaving.append(child)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            code = os.waitstatus_to_exitcode(status)
            for child in [*self._children, *self._coming, *self._leaving]:
                if child.process and child.process.pid == pid:
                    child.process = None
                    self._ended(child, code)

    def _ended(self, child: Child, code: int) -> None:
        now = time.monotonic()
        if child in self._leaving:
            self._leaving.remove(child)
            _log.info("ended", process=child.name, status=code)
        elif child in self._coming:
            _log.error("the new settings do not work; the old processes stay", process=child.name, status=code)
            self._coming.remove(child)
            self._drain(self._coming)
            self._coming, self._wanted = [], self._settings
            self._settle()
        else:
            child.deaths = 1 if now - child.started > HEALTHY_AFTER else child.deaths + 1
            delay = min(FIRST_DELAY * 2 ** (child.deaths - 1), LONGEST_DELAY)
            child.restart = now + delay
            _log.error("died", process=child.name, status=code, restart_in=delay)

    def _do_what_is_due(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.process is None and child.restart <= now:
                if child.probe is None or not _named(self._leaving, child.name):
                    self._start(child, self._settings)
            elif child.probe and not child.ready:
                child.ready = _answers(child.probe)
        if self._coming and all(child.ready for child in self._coming):
            self._swap()
        if not self._announced and self._children and all(child.ready for child in self._children):
            self._announced = True
            self._announce(self._places)
            _notify_systemd()
        if self._kill_at is not None and now >= self._kill_at:
            for child in self._leaving:
                if child.process:
                    _log.error("killed, it did not end in time", process=child.name)
                    child.process.signal(signal.SIGKILL)

    def _patience(self) -> float | None:
        """How long nothing needs to be done, as far as is known; None: until something is heard."""
        now = time.monotonic()
        if any(child.probe and not child.ready for child in self._children):
            return PROBE_SECONDS
        times = [child.restart for child in self._children if child.process is None]
        if self._kill_at is not None:
            times.append(max(self._kill_at, now + PROBE_SECONDS))
        return max(0.0, min(times) - now) if times else None

    def _finished(self) -> bool:
        return self._kill_at is not None and not self._leaving


def _named(children: list[Child], name: str) -> bool:
    return any(child.name == name for child in children)


def _answers(listen: Listen) -> bool:
    try:
        with socket.create_connection((listen.host, listen.port), timeout=1):
            return True
    except OSError:
        return False


def _notify_systemd() -> None:
    """Type=notify: sd_notify(3) says READY=1 on a datagram socket."""
    place = os.environ.get("NOTIFY_SOCKET")
    if place:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.sendto(b"READY=1", "\0" + place[1:] if place.startswith("@") else place)
