"""Two addresses of one host raced: a network that swallows packets costs a quarter of a second, not half a minute.

The addresses are tried in their order, the next one when the one before has failed or has been silent for
`STAGGER`; the first that answers is taken and the others are let go (RFC 8305 §5).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

from mailnode.relay.route import Host

STAGGER = 0.25  # seconds: RFC 8305 §8


class Unreachable(Exception):
    """None of the hosts could be reached; ``errors`` has a reason for each."""

    def __init__(self, errors: Sequence[OSError]) -> None:
        super().__init__(str(errors[-1]))
        self.errors = tuple(errors)


def contenders(hosts: Sequence[Host]) -> tuple[Host, ...]:
    """The first host, with the next address of the same name in the other family where there is one."""
    first, *others = hosts
    wide = ":" in first.address
    second = next((one for one in others if one.name == first.name and (":" in one.address) != wide), None)
    return (first, second) if second is not None else (first,)


async def reach(hosts: Sequence[Host], source: str, patience: float) -> tuple[Host, socket.socket]:
    """Connect to one of the hosts, within ``patience`` seconds for each. Raises Unreachable."""
    racing: dict[asyncio.Task[socket.socket], Host] = {}
    waiting, errors = list(hosts), []
    try:
        while waiting or racing:
            if waiting:
                host = waiting.pop(0)
                racing[asyncio.create_task(_connected(host, source, patience))] = host
            done, _ = await asyncio.wait(
                racing, timeout=STAGGER if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                host, error = racing.pop(task), task.exception()
                if error is None:
                    return host, task.result()
                if not isinstance(error, OSError):
                    raise error
                errors.append(error)
    finally:
        for task in racing:
            task.add_done_callback(_let_go)
            task.cancel()
    raise Unreachable(errors)


async def _connected(host: Host, source: str, patience: float) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host.address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        if source:
            made.bind((source, 0))
        loop = asyncio.get_running_loop()
        await asyncio.wait_for(loop.sock_connect(made, (host.address, host.port)), patience)
    except BaseException:
        made.close()
        raise
    return made


def _let_go(task: asyncio.Task[socket.socket]) -> None:
    """One that arrived although it was no longer wanted."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()
