"""The queue's values: what goes in, what is claimed, how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from mailnode.proto.dsn_params import Notify, OriginalRecipient
from mailnode.proto.mail_times import MAX_SECONDS, DeliverBy
from mailnode.queue.outcome import Ending
from mailnode.store.blobs import Place


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient to enqueue. ``address`` as on the wire, without brackets."""

    address: str
    notify: Notify | None = None
    orcpt: OriginalRecipient | None = None


@dataclass(frozen=True, slots=True)
class ClaimedRecipient:
    """A recipient that is ours until the lease runs out. ``attempts`` have failed before.

    ``address``, ``notify`` and ``orcpt`` as they were given to `Recipient`; ``last_status`` and
    ``last_text`` are of the last failed attempt, "" before the first.
    """

    id: int
    message_id: int
    address: str
    attempts: int
    expires_at: int
    warned: bool = False
    notify: Notify | None = None
    orcpt: OriginalRecipient | None = None
    last_status: str = ""
    last_text: str = ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when a message is to have arrived, in seconds since the epoch; ``mode`` as in `DeliverBy` (RFC 2852)."""

    at: int
    mode: Literal["R", "N"]
    trace: bool = False

    def left(self, now: int) -> DeliverBy:
        """As it is told to the next host."""
        return DeliverBy(max(-MAX_SECONDS, min(self.at - now, MAX_SECONDS)), self.mode, self.trace)

    @property
    def written(self) -> str:
        """Mode and trace in the one column that tables have for them."""
        return f"{self.mode}T" if self.trace else self.mode

    @classmethod
    def read(cls, at: int | None, written: str | None) -> Deadline | None:
        """The two columns of a table, both empty where there is no deadline."""
        if at is None or not written:
            return None
        return cls(at, "R" if written.startswith("R") else "N", written.endswith("T"))


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the queue knows of a message besides its bytes. Times are seconds since the epoch.

    ``created_at``: since when it is under way (a message sent later: since its time). ``sign``: the
    author is one of ours and was logged in, so DKIM may vouch for the message. ``requiretls``: it goes
    over connections only whose TLS proves the host's name, and to hosts that promise the same (RFC 8689). ``sealed_by``
    is the domain whose alias forwards a stranger's message, "" for all others. ``behind_alias``: its recipients are
    whom an alias stands for, which is no affair of the user who has sent it. ``place`` is where its bytes lay when it
    was claimed; they may have been moved since.
    """

    id: int
    sender: str
    blob_id: int
    size: int
    created_at: int
    envid: str | None = None
    ret: str | None = None
    smtputf8: bool = False
    eightbit: bool = False
    sign: bool = False
    requiretls: bool = False
    deadline: Deadline | None = field(default=None, kw_only=True)
    user_id: int | None = field(default=None, kw_only=True)  # who has sent it, where that is one of ours
    sealed_by: str = field(default="", kw_only=True)
    behind_alias: bool = field(default=False, kw_only=True)
    place: Place | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class Claim:
    """One message and those of its recipients that are due and have one destination."""

    envelope: Envelope
    destination: str
    recipients: tuple[ClaimedRecipient, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """How one attempt for one claimed recipient ended."""

    recipient: ClaimedRecipient
    outcome: Ending
