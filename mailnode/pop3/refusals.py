"""How a rule that said no is told to a POP3 client: the response code that machines read.

RFC 2449 §8.1.2 (IN-USE), RFC 3206 §4 (SYS/TEMP, SYS/PERM, AUTH).
"""

from __future__ import annotations

from mailnode import errors
from mailnode.errors import MailError


def code_of(error: MailError) -> str:
    """The code, or "" where none fits."""
    match error:
        case errors.MaildropInUse():
            return "IN-USE"
        case errors.BadCredentials() | errors.ActsAsAnother() | errors.TokenExpired():
            return "AUTH"
        case errors.UserDisabled():
            return "SYS/PERM"
        case errors.LoginThrottled() | errors.StoreBusy() | errors.StoreDamaged() | errors.StoreFull():
            return "SYS/TEMP"
        case _:
            return ""
