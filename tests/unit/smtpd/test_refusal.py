"""Refusals in SMTP's words."""

import pytest

from mailnode.errors import AliasLoop, BadCredentials, LoginThrottled, MailError, OverQuota, UnknownUser
from mailnode.smtpd.refusal import refusal


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UnknownUser(), "550 5.1.1 There is no such user here"),
        (AliasLoop(), "554 5.4.6 The alias leads back to itself"),
        (BadCredentials(), "535 5.7.8 The user name or the password is wrong"),
        (LoginThrottled("Wait"), "451 4.7.0 Wait"),
        (OverQuota("Full; ask Jo"), "452 4.2.2 Full; ask Jo"),
        (MailError(), "550 5.0.0 The request was refused"),
    ],
)
def test_said(error: MailError, said: str) -> None:
    assert str(refusal(error)) == said
