"""What an order for a certificate needs and gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


class NotIssued(Exception):
    """There is no certificate; ``str(error)`` says why, in the authority's words where it has some."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Where to ask: the directory's URL, an address for its notices ("": none), and whose certificates prove it.

    ``eab_id`` and ``eab_key`` name an account that there is elsewhere, for an authority that wants one; the key is the
    authority's, in base64url.
    """

    directory: str
    contact: str = ""
    trusted: Path | None = None  # PEM; None: the machine's
    eab_id: str = ""
    eab_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Issued:
    """The chain and its private key, both PEM."""

    chain: bytes
    key: bytes = field(repr=False)
