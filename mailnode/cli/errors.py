"""What the command line says when a rule said no."""

from __future__ import annotations

from mailnode.cli.language import language
from mailnode.errors import MailError
from mailnode.sentences import CHINESE


def sentence(error: MailError) -> str:
    """The error's own sentence; in Chinese where it is the usual one of its kind."""
    usual = error.public == type(error).public
    return CHINESE.get(error.kind, error.public) if usual and language() == "zh" else error.public
