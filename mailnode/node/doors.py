"""Which protocols there are, which setting says where each listens, and who serves it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

from mailnode.context import Context
from mailnode.settings import Listen, Settings
from mailnode.streams import Door

Serve = Callable[..., Awaitable[Door]]


@dataclass(frozen=True, slots=True)
class Protocol:
    """One protocol; ``tls`` is TLS from the first byte. ``module`` offers ``serve``."""

    name: str
    module: str
    tls: bool = False

    @property
    def setting(self) -> str:
        return f"listen_{self.name}"

    def listens(self, settings: Settings) -> tuple[Listen, ...]:
        found: tuple[Listen, ...] = getattr(settings, self.setting)
        return found

    def serve(self) -> Serve:
        made: Serve = import_module(self.module).serve
        return made


PROTOCOLS = (
    Protocol("smtp", "mailnode.mx.serve"),
    Protocol("lmtp", "mailnode.lmtp.serve"),
    Protocol("submission", "mailnode.submission.serve"),
    Protocol("submissions", "mailnode.submission.serve", tls=True),
    Protocol("imap", "mailnode.imap.serve"),
    Protocol("imaps", "mailnode.imap.serve", tls=True),
    Protocol("pop3", "mailnode.pop3.serve"),
    Protocol("pop3s", "mailnode.pop3.serve", tls=True),
)
INBOUND = ("smtp", "lmtp")  # where every message is written
WEB = ("http", "https")  # the web process's


def load(settings: Settings) -> None:
    """Import what the settings will serve, so that the processes that are forked share its memory."""
    for protocol in PROTOCOLS:
        if protocol.listens(settings):
            protocol.serve()


async def open_doors(context: Context, places: dict[str, Sequence[Listen]]) -> list[Door]:
    """Listen for every protocol that has places; all or none. Raises OSError."""
    doors: list[Door] = []
    behind = context.settings.proxy_protocol
    try:
        for protocol in PROTOCOLS:
            listens = places.get(protocol.name, ())
            if listens:
                proxies = context.settings.trusted_proxies if protocol.name in behind else ()
                doors.append(await protocol.serve()(context, listens, tls=protocol.tls, proxies=proxies))
                doors[-1].name = protocol.name
    except BaseException:
        for door in doors:
            door.close()
        raise
    return doors
