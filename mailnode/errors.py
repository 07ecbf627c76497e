"""The two kinds of error that are not our bugs, and everything the world is told about them.

*ProtocolError*: the peer's syntax is wrong. ``proto`` and ``message`` raise it; a door answers
BAD, -ERR or 5xx, or closes.

*MailError*: a rule said no. Each rule is a class here, with an enhanced status (RFC 3463), an HTTP
status, a kind (the last part of the problem type, RFC 9457) and one public sentence that says what
was refused and what to do. These are set here and nowhere else; the private cause travels in
``raise ... from``.

Anything else that is raised is our bug: logged with its traceback, and answered 451,
NO [SERVERBUG] or 500 without detail. Doors translate; the core knows no door.
"""

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
