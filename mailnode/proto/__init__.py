"""Protocols on the wire, as pure functions and small state machines over bytes.

No file here imports asyncio, socket, SQL, settings or log (import-linter checks it): bytes and values come in,
values and bytes go out, and a peer's mistake is a ProtocolError.
"""
