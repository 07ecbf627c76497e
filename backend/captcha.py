"""The proof of work before a registration (ALTCHA): no third party, no pictures, nothing to read.

The challenge asks for a counter whose iterated SHA-256 begins with a given prefix; a browser needs
a second or two, we need one derivation to make it and one to check it. Its signature binds the answer to
us, its expiry to ten minutes, and `mailnode.directory.challenges` to one use.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import altcha

from backend.tokens import installation_secret
from mailnode.errors import CaptchaFailed

LIFETIME = timedelta(minutes=10)
ALGORITHM = "SHA-256"
COST = 500  # rounds of one try
TRIES = (1000, 4000)  # how many counters a browser tries, at random between these
PREFIX_BYTES = 16
MAX_PAYLOAD = 4096


def challenge(now: datetime) -> dict[str, object]:
    """A new challenge, as the ALTCHA widget takes it."""
    made = altcha.create_challenge(
        ALGORITHM,
        COST,
        counter=TRIES[0] + secrets.randbelow(TRIES[1] - TRIES[0]),
        key_prefix_length=PREFIX_BYTES,
        expires_at=now + LIFETIME,
        hmac_secret=installation_secret("captcha"),
    )
    document: dict[str, object] = made.to_dict()
    return document


def check(payload: str) -> tuple[str, datetime]:
    """The spent challenge's signature and its expiry, when the payload solves a challenge of ours.

    Raises CaptchaFailed.
    """
    try:
        solved = altcha.Payload.from_base64(payload)
        parameters = solved.challenge.parameters
        if (parameters.algorithm, parameters.cost) != (ALGORITHM, COST):
            raise CaptchaFailed
        result = altcha.verify_solution(solved, installation_secret("captcha"))
        signature, expires = solved.challenge.signature, parameters.expires_at
    except (LookupError, TypeError, AttributeError, ArithmeticError, ValueError, RecursionError) as error:
        raise CaptchaFailed from error
    if not result.verified or not isinstance(signature, str) or not isinstance(expires, int):
        raise CaptchaFailed
    return signature[:128], datetime.fromtimestamp(expires, UTC)
