"""Who speaks for others is counted as they are, to the end."""

from __future__ import annotations

import socket
from ipaddress import ip_network
from typing import cast

from mailnode.smtpd.reception import Limits
from mailnode.smtpd.session import SmtpSession
from tests.support.smtpd import SmtpdThread


def test_whom_nobody_speaks_for_any_more_is_not_counted() -> None:
    """The connection goes before its last command has had its turn."""
    with (
        SmtpdThread(Limits(), trusted=(ip_network("127.0.0.1"),)) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=30) as client,
    ):
        assert client.recv(100).startswith(b"220")
        [session] = server.door.sessions

        async def go() -> int:
            spoken = cast(SmtpSession, session)
            spoken.data_received(b"XCLIENT ADDR=192.0.2.1\r\n")
            spoken.connection_lost(None)
            assert spoken._task
            await spoken._task
            return len(spoken.setup.connections._counts)

        assert server.run(go()) == 0
