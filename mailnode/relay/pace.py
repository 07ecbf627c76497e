"""How much one destination is sent at once, and how fast: learnt from its answers.

- *Connections at once* begin at `FIRST`, grow by one with each message that is taken, up to `MOST`, and
  never fall below one. A message put off by 4xx, or an answer that takes longer than `SLOW`, takes one away;
  421 or a refused connection halves them.
- *Messages a second* have no bound until a destination says in words that too much comes: then one a second,
  halved with each repetition down to one in ten seconds, and a tenth more with each message that is taken. Above
  `FREE` a second the bound is dropped.

What was learnt is kept in the memory of the queue process and forgotten an hour after the last message.
A recipient's own trouble (a full mailbox, greylisting of one address) is told from the destination's by
the other recipients: as soon as one is taken, nothing is held against the destination.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailnode.message.bounce_reasons import reason_of
from mailnode.queue.destinations import Destination
from mailnode.queue.outcome import Deferred, Ending

FIRST, MOST = 5, 20  # connections
SLOW = 30.0  # seconds for one message
FIRST_RATE, SLOWEST, FREE = 1.0, 0.1, 20.0  # messages a second
KEPT = 3600.0  # seconds after the last message
BROKEN = "4.4.2"  # a connection that ended, which an idle one does sooner or later


@dataclass(slots=True)
class Pace:
    """Of one destination. Times are those of a monotonic clock, in seconds."""

    limit: int = FIRST
    rate: float | None = None
    taken: int = 0  # messages
    put_off: int = 0  # messages and connections
    seconds: float = 0.0  # of an answer, on the average of the last ten
    words: str = ""  # what took something away last
    used_at: float = 0.0
    next_at: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds until another message may go; the caller that goes says `begins`."""
        return max(0.0, self.next_at - now) if self.rate is not None else 0.0

    def begins(self, now: float) -> None:
        """A message goes out."""
        self.used_at = now
        if self.rate is not None:
            self.next_at = max(self.next_at, now) + 1 / self.rate

    def heard(self, outcomes: Sequence[Ending], seconds: float) -> None:
        """One message's answers, which took so long. A broken connection teaches nothing."""
        said = [one for one in outcomes if one.remote and one.status != BROKEN]
        if not said:
            return
        self.seconds = seconds if not self.taken + self.put_off else self.seconds * 0.9 + seconds * 0.1
        if not all(isinstance(one, Deferred) for one in said):
            self._took(seconds)
            return
        self.put_off += 1
        self.words = said[0].text
        if any(_is_too_much(one.status, one.text) for one in said):
            self._slow_down()
        halved = self.limit // 2 if any(one.text.startswith("421") for one in said) else self.limit - 1
        self.limit = max(1, halved)

    def turned_away(self, words: str) -> None:
        """A connection was refused, or broken before a message could go."""
        self.put_off += 1
        self.words = words
        self.limit = max(1, self.limit // 2)
        if _is_too_much("", words):
            self._slow_down()

    def state(self, name: str, connections: int = 0, waiting: int = 0) -> Destination:
        """For people to look at."""
        return Destination(
            name, connections, self.limit, self.rate, waiting, self.taken, self.put_off, self.seconds, self.words
        )

    def _took(self, seconds: float) -> None:
        self.taken += 1
        if seconds > SLOW:
            self.limit = max(1, self.limit - 1)
        elif self.limit < MOST:
            self.limit += 1
        if self.rate is not None:
            self.rate *= 1.1
            if self.rate > FREE:
                self.rate = None

    def _slow_down(self) -> None:
        self.rate = FIRST_RATE if self.rate is None else max(SLOWEST, self.rate / 2)


def _is_too_much(status: str, words: str) -> bool:
    """Of messages: too many connections are another matter."""
    return "connections" not in words.lower() and reason_of(status, words).kind == "too-much"
