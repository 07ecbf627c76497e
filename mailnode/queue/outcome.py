"""How a delivery step ended: the one vocabulary of relay, delivery, queue and bounces.

The names follow the Action field of a delivery report (RFC 3464 §2.3.3). ``status`` is an enhanced
status code (RFC 3463). ``text`` says it in words; where ``remote`` names a host, the words are that
host's reply, code and all.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivered:
    """Taken: into a mailbox here, or by ``remote``.

    ``reports``: success is reported by those further on, a host that speaks DSN (RFC 3461 §5.2.2) or the
    targets of an alias.
    """

    status: str = "2.0.0"
    text: str = ""
    remote: str = ""
    reports: bool = False


@dataclass(frozen=True, slots=True)
class Expanded:
    """The recipient stood for others; the message goes to ``targets`` instead."""

    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now; the same may succeed later."""

    status: str
    text: str
    remote: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """Never."""

    status: str
    text: str
    remote: str = ""


# What is left once aliases have been followed to their end.
Ending = Delivered | Deferred | Failed
Outcome = Ending | Expanded


def said(outcome: Deferred | Failed) -> str:
    """The outcome in one line for people, with the host whose words they are."""
    return f"{outcome.remote} said: {outcome.text}" if outcome.remote else outcome.text
