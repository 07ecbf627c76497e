"""What is known of a connection once TLS is on: its name for the trace field, and what a login can be bound to."""

from __future__ import annotations

import asyncio

from mailnode import channel_binding
from mailnode.smtpd.reception import Peer


def notice(peer: Peer, transport: asyncio.BaseTransport) -> None:
    """Write down version and cipher, and the channel bindings; "" and none where there is no TLS."""
    inside = transport.get_extra_info("ssl_object")
    cipher = inside.cipher() if inside is not None else None
    peer.tls = f"{inside.version()} {cipher[0]}" if cipher else ""
    peer.bindings = channel_binding.of(inside)
