"""The answer for what became of a message or would become of it, and the values a door passes on."""

from __future__ import annotations

from collections.abc import Iterable

from mailnode.proto.replies import Reply
from mailnode.queue import envelope as queue
from mailnode.queue.outcome import Delivered, Ending
from mailnode.smtpd.reception import Recipient
from mailnode.smtpd.refusal import code_of


def answer_to(ending: Ending, *, status: str, text: str) -> Reply:
    """``status`` and ``text`` are said where all is well."""
    if isinstance(ending, Delivered):
        return Reply(250, status, text)
    return Reply(code_of(ending.status), ending.status, ending.text)


def queue_recipients(recipients: Iterable[Recipient]) -> tuple[queue.Recipient, ...]:
    """Recipients as queue and delivery know them."""
    return tuple([queue.Recipient(one.address.text, one.parameters.notify, one.parameters.orcpt) for one in recipients])
