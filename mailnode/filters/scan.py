"""All configured filters, asked about one message."""

from __future__ import annotations

from mailnode.filters.values import Asked, Scanned
from mailnode.settings import Settings


class Filters:
    """One for a process. Use it from one event loop; `close` it at the end.

    An object without filters is false, and need not be asked.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __bool__(self) -> bool:
        return bool(self._settings.filters)

    async def scan(self, asked: Asked) -> Scanned:
        """Ask all of them at once. Never raises for what a filter does: a filter that fails is a finding, too."""
        return Scanned(asked.content)

    def close(self) -> None:
        """Give up the connections that wait for the next message."""
