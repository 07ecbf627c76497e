"""Which processes `mailnode serve` runs.

supervisor ─┬─ protocols 1 … MAILNODE_WORKERS   share the ports through SO_REUSEPORT
            ├─ queue                            sends what must leave, keeps house
            ├─ index                            fills the search index in idle time
            └─ web                              python -m backend.server
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from mailnode.node import doors, worker
from mailnode.node.supervisor import Child, Places, Supervisor
from mailnode.settings import Listen, Settings


def serve(settings: Settings, announce: Callable[[Places], None]) -> int:
    """Serve until SIGTERM or SIGINT; ``announce`` is told where, when everything is ready. Raises BadSettings."""
    doors.load(settings)
    return Supervisor(settings, processes, announce).run()


def processes(settings: Settings, places: Places) -> list[Child]:
    children = [
        Child(f"protocols {number}", lambda ready: worker.run_protocols(settings, places, ready))
        for number in range(1, settings.workers + 1)
    ]
    children.append(Child("queue", lambda ready: worker.run_queue(settings, ready)))
    children.append(Child("index", lambda ready: worker.run_index(settings, ready)))
    web = places.get(doors.WEB, ())
    if web:
        children.append(Child("web", lambda ready: _run_web(web), probe=web[0]))
    return children


def _run_web(listens: Sequence[Listen]) -> None:
    """Become the web process. It is a program of its own: nothing here may import ``backend``."""
    environment = os.environ | {"MAILNODE_LISTEN_HTTP": ",".join(str(listen) for listen in listens)}
    os.execve(sys.executable, [sys.executable, "-m", "backend.server"], environment)  # noqa: S606
