"""A user's own filter, asked about a new message."""

from __future__ import annotations

from functools import cached_property

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from mailnode.findings import Action, Finding
from mailnode.learning.model import Model
from mailnode.learning.models import LearnedFilter
from mailnode.learning.tokens import Tokens, shown, tokens
from mailnode.octets import Octets
from mailnode.prepared import Prepared

RULE = "own_filter"
SURE = 0.95  # from here on it is junk, and from the other end on it is wanted
LEAST_TOLD = 5  # tokens that say something
NAMED = 6
_model = Prepared(
    select(LearnedFilter.junk, LearnedFilter.wanted, LearnedFilter.tokens).where(
        LearnedFilter.user_id == bindparam("user_id")
    )
)


class Known:
    """A message that several users' filters may be asked about; its tokens are found once, if at all.

    ``proved``: its author is who it says.
    """

    def __init__(self, raw: Octets, *, proved: bool = False) -> None:
        self._raw = raw
        self.proved = proved

    @cached_property
    def tokens(self) -> Tokens:
        return tokens(self._raw)


def is_junk(tx: Session, user_id: int, known: Known, junk: bool) -> tuple[bool, Finding | None]:
    """Where the user's filter puts a message that would otherwise go to Junk or not, and its reason if it has one.

    It takes out of Junk only what is proved to come from its author: anybody can write like a friend.
    """
    found = judge(tx, user_id, known)
    if found is None or found.action is None:
        return junk, found
    if found.action is Action.TAKE:
        return junk and not known.proved, found
    return True, found


def judge(tx: Session, user_id: int, known: Known) -> Finding | None:
    """The user's filter's word: JUNK, TAKE for what it is sure is wanted, without an action where it is not sure.

    None where it has learned too little. One query.
    """
    row = _model.run(tx.connection(), {"user_id": user_id}).fetchone()
    if row is None:
        return None
    model = Model.unpack(row[0], row[1], bytes(row[2]))
    if not model.has_opinion:
        return None
    weighed = model.weigh(known.tokens)
    action = None
    if len(weighed.tokens) >= LEAST_TOLD:
        action = Action.JUNK if weighed.junk >= SURE else Action.TAKE if weighed.junk <= 1 - SURE else None
    named = ", ".join(f"{shown(known.tokens[number])} ({share:.2f})" for number, share in weighed.tokens[:NAMED])
    text = f"by what the user has put into Junk and taken out, {weighed.junk:.0%} junk"
    return Finding(RULE, 0.0, f"{text}: {named}" if named else text, action)
