"""Several who do something at the same moment, each in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

Meet = Callable[[], object]


def at_once(*acts: Callable[[Meet], object]) -> None:
    """Each act is given what waits until all the others have come as far. Raises what the first of them raised."""
    together = threading.Barrier(len(acts))

    def run(act: Callable[[Meet], object]) -> None:
        try:
            act(partial(together.wait, 60))
        except BaseException:
            together.abort()  # nobody waits for this one any more
            raise

    with ThreadPoolExecutor(len(acts)) as pool:
        running = [pool.submit(run, act) for act in acts]
    for one in sorted(running, key=lambda one: isinstance(one.exception(), threading.BrokenBarrierError)):
        one.result()
