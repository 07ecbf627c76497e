"""When the queue tries again, warns and gives up (RFC 5321 §4.5.4.1). Times are in seconds.

After a failed attempt the next one follows in 1, 5, 15 and 30 minutes, 1, 2 and 4 hours, then every
8 hours. Nothing is tried after its last moment, which is itself one last chance: five days after
the message came, or after the time it was to be sent.
"""

from __future__ import annotations

MINUTE, HOUR, DAY = 60, 3600, 86_400
PAUSES = (1 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, 1 * HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR)
LIFETIME = 5 * DAY  # RFC 5321 §4.5.4.1: "at least 4-5 days"
LATEST = PAUSES[-1] + HOUR  # nobody waits longer for an attempt, whatever the clocks of several machines say
WARNING = 4 * HOUR  # until the sender hears that the message still waits


def next_attempt(attempts: int, now: int, expires_at: int) -> int | None:
    """The moment of the next attempt when ``attempts`` have failed; None when there is none left."""
    if now >= expires_at:
        return None
    return min(now + PAUSES[min(attempts, len(PAUSES)) - 1], expires_at)
