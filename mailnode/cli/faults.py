"""Why a line of a file was not taken, in the reader's language."""

from __future__ import annotations

from mailnode import errors
from mailnode.cli.language import language
from mailnode.errors import MailError
from mailnode.sentences import CHINESE, DETAILS_CHINESE, FAULTS_CHINESE, Catalogue

_REFUSALS = {
    one.public: CHINESE[one.kind]
    for one in vars(errors).values()
    if isinstance(one, type) and issubclass(one, MailError) and one.kind in CHINESE and "public" in vars(one)
}
CAUSES = Catalogue(FAULTS_CHINESE | DETAILS_CHINESE | _REFUSALS)


def told(cause: str) -> str:
    """The cause; it may begin with the name that it is about."""
    if language() != "zh":
        return cause
    whole = CAUSES.in_chinese(cause)
    name, colon, rest = cause.partition(": ")
    return f"{name}：{CAUSES.in_chinese(rest)}" if whole == cause and colon else whole
