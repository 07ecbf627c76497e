"""Which processes `mailnode serve` runs.

supervisor ─┬─ protocols 1 … MAILNODE_WORKERS   share the ports through SO_REUSEPORT
            ├─ queue                            sends what must leave, keeps house
            ├─ index                            fills the search index in idle time
            └─ web                              python -m backend.server
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain

from sqlalchemy.engine.url import make_url

from mailnode.listening import Turn
from mailnode.node import doors, worker
from mailnode.node.burdens import Burdens
from mailnode.node.supervisor import Child, Places, Supervisor
from mailnode.settings import Listen, Settings

WAIT = 0.002  # seconds that a connection waits for each process that has no time for it


def serve(settings: Settings, announce: Callable[[Places], None]) -> int:
    """Serve until SIGTERM or SIGINT; ``announce`` is told where, when everything is ready. Raises BadSettings."""
    doors.load(settings)
    return Supervisor(settings, processes, announce).run()


def processes(settings: Settings, places: Places) -> list[Child]:
    """On SQLite mail is taken in by as few processes as have time for it: each one that writes waits for the others'
    commits, and forgets what it has read when they have. PostgreSQL's writers do not."""
    in_turns = make_url(settings.database).get_backend_name() == "sqlite"
    burdens = Burdens(settings.workers)
    children = [
        Child(
            f"protocols {turn + 1}",
            partial(worker.run_protocols, settings, places, burdens, turn),
            turn=Turn(turn * WAIT, partial(burdens.is_lightest, turn)) if in_turns else None,
        )
        for turn in range(settings.workers)
    ]
    children.append(Child("queue", lambda ready: worker.run_queue(settings, ready)))
    children.append(Child("index", lambda ready: worker.run_index(settings, ready)))
    web = {name: places.get(name, ()) for name in doors.WEB}
    anywhere = list(chain.from_iterable(web.values()))
    if anywhere:
        children.append(Child("web", lambda ready: _run_web(web), probe=anywhere[0]))
    return children


def _run_web(places: Mapping[str, Sequence[Listen]]) -> None:
    """Become the web process. It is a program of its own: nothing here may import ``backend``."""
    environment = os.environ | {
        f"MAILNODE_LISTEN_{name.upper()}": ",".join(map(str, listens)) or "off" for name, listens in places.items()
    }
    os.execve(sys.executable, [sys.executable, "-m", "backend.server"], environment)  # noqa: S606
