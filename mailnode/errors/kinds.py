"""The two kinds of error that are not our bugs; see the package."""

from __future__ import annotations


class ProtocolError(Exception):
    """The peer broke the grammar. ``str(error)`` may be shown to it; it never holds our state."""


class MailError(Exception):
    """A rule said no.

    Class attributes are the defaults of the rule; ``public`` may be given for one refusal.
    """

    status = "5.0.0"
    http = 400
    kind = "refused"
    public = "The request was refused"

    def __init__(self, public: str | None = None) -> None:
        super().__init__(public or self.public)
        if public:
            self.public = public

    @property
    def temporary(self) -> bool:
        """True where the same request may succeed later (RFC 3463 §3.1, class 4)."""
        return self.status.startswith("4")
