"""Open the submission ports: 587 with STARTTLS, 465 with TLS from the first byte (RFC 8314 §3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mailnode.context import Context
from mailnode.settings import Listen
from mailnode.smtpd.serve import limits_of, open_door
from mailnode.streams import Door
from mailnode.submission.reception import SubmissionReception

LOGIN_SECONDS = 120.0


async def serve(context: Context, listens: Sequence[Listen], *, tls: bool = False) -> Door:
    """Listen and serve. Raises OSError."""
    limits = replace(limits_of(context.settings), login=LOGIN_SECONDS)
    return await open_door(
        SubmissionReception(context), limits, listens, context=context.tls, room=context.room, tls_first=tls
    )
