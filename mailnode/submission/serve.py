"""Open the submission ports: 587 with STARTTLS, 465 with TLS from the first byte (RFC 8314 §3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mailnode.context import Context
from mailnode.settings import Listen, Networks
from mailnode.smtpd.reception import Offers
from mailnode.smtpd.serve import limits_of, open_door
from mailnode.streams import Door
from mailnode.submission.reception import LONGEST_HOLD, SubmissionReception

LOGIN_SECONDS = 120.0
OFFERS = Offers(hold=LONGEST_HOLD, deliver_by=True)


async def serve(context: Context, listens: Sequence[Listen], *, tls: bool = False, proxies: Networks = ()) -> Door:
    """Listen and serve. Raises OSError."""
    limits = replace(limits_of(context.settings), login=LOGIN_SECONDS)
    return await open_door(
        SubmissionReception(context),
        limits,
        listens,
        context=context.tls,
        room=context.room,
        tls_first=tls,
        offers=OFFERS,
        trusted=context.settings.xclient_networks,
        proxies=proxies,
    )
