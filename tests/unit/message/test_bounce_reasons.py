"""Replies as the large providers write them, and what they mean in plain words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.message.bounce_reasons import SENTENCES, reason_of

REPLIES = {
    "Gmail": [
        (
            "5.1.1",
            "550 5.1.1 The email account that you tried to reach does not exist. x1-20 - gsmtp",
            "no-such-address",
        ),
        ("4.2.2", "452 4.2.2 The recipient's inbox is out of storage space. x2 - gsmtp", "full"),
        ("5.2.1", "550 5.2.1 The email account that you tried to reach is disabled. x3 - gsmtp", "disabled"),
        ("5.7.26", "550 5.7.26 Your email has been blocked because the sender is unauthenticated. - gsmtp", "unproven"),
        ("4.7.28", "421 4.7.28 Gmail has detected an unusual rate of mail originating from your IP", "too-much"),
        ("5.7.1", "550 5.7.1 Gmail has detected that this message is likely unsolicited mail.", "content"),
        ("5.7.25", "550 5.7.25 The IP address sending this message does not have a PTR record", "blocked"),
        ("5.3.4", "552 5.3.4 Your message exceeded Google's message size limits.", "too-large"),
        ("4.7.0", "421 4.7.0 IP not in whitelist for RCPT domain, closing connection. gsmtp", "blocked"),
        ("4.2.1", "450 4.2.1 The user you are trying to contact is receiving mail too quickly", "too-much"),
    ],
    "Outlook": [
        ("5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable (S2017).", "no-such-address"),
        ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP lookup", "no-such-address"),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [x]", "no-such-address"),
        (
            "5.7.1",
            "550 5.7.1 Messages from [192.0.2.1] weren't sent; part of their network is on our block list (S3140).",
            "blocked",
        ),
        ("4.7.650", "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited", "too-much"),
        ("5.7.515", "550 5.7.515 Access denied, sending domain does not meet the required level", "unproven"),
        ("5.2.2", "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceeded", "full"),
        ("4.7.500", "451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77719)", "too-much"),
        ("5.7.133", "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; Delivery restriction", "not-allowed"),
    ],
    "Yahoo": [
        (
            "5.0.0",
            "554 delivery error: dd This user doesn't have a yahoo.com account (x@yahoo.com) [-5]",
            "no-such-address",
        ),
        ("4.7.0", "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred", "too-much"),
        ("5.7.1", "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, see Spamhaus", "blocked"),
        ("5.7.9", "554 5.7.9 Message not accepted for policy reasons.", "policy"),
        ("5.7.1", "553 5.7.1 [TSS09] All messages from 192.0.2.1 will be permanently deferred", "blocked"),
    ],
    "QQ": [
        ("5.0.0", "550 Mailbox not found. http://service.mail.qq.com/x", "no-such-address"),
        ("5.0.0", "550 Mailbox unavailable or access denied [x]", "no-such-address"),
        ("5.0.0", "550 Mail content denied. http://service.mail.qq.com/x", "content"),
        ("5.0.0", "550 Ip frequency limited [x]", "too-much"),
        ("5.0.0", "550 Mail is rejected by recipients [x]", "not-allowed"),
        ("5.0.0", "550 SPF check failed [x]", "unproven"),
    ],
    "163": [
        ("5.0.0", "550 User not found: somebody@163.com", "no-such-address"),
        ("5.0.0", "554 DT:SPM 163 zwqz-mx1,x,http://mail.163.com/help/x", "content"),
        ("4.0.0", "451 RP:CEL 163 zwqz-mx2,x", "too-much"),
        ("5.0.0", "550 MI:SPF 163 zwqz-mx3,x", "unproven"),
        ("5.0.0", "554 IP in blacklist HL:IPB 163", "blocked"),
        ("4.0.0", "421 HL:REP 163 smtp", "blocked"),
        ("5.0.0", "553 Mail from must equal authorized user", "not-allowed"),
        ("5.0.0", "550 User suspended: somebody@163.com", "disabled"),
        ("5.0.0", "552 Requested mail action aborted: exceeded mailsize limit", "too-large"),
    ],
    "others": [
        ("4.7.1", "450 4.7.1 <x@y.example>: Recipient address rejected: Greylisted", "try-later"),
        ("5.7.1", "554 5.7.1 <x@y.example>: Relay access denied", "not-allowed"),
        ("5.4.6", "554 5.4.6 Too many hops", "loop"),
        ("5.0.0", "554 mx.gmx.example Nemesis ESMTP Service not available 554 Bad DNS PTR resource record", "blocked"),
        ("4.4.1", "mx.y.example [192.0.2.9]: Connection refused", "unreachable"),
        ("4.2.1", "450 4.2.1 <x@y.example>: user unknown for now", "try-later"),
        ("5.1.2", "The domain y.example does not exist", "no-such-domain"),
    ],
}
CASES = [(name, *case) for name, cases in REPLIES.items() for case in cases]


@pytest.mark.parametrize(("provider", "status", "words", "kind"), CASES)
def test_a_providers_words(provider: str, status: str, words: str, kind: str) -> None:
    assert reason_of(status, words).kind == kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("5.1.1", "no-such-address"),
        ("5.1.2", "no-such-domain"),
        ("5.2.2", "full"),
        ("5.4.7", "given-up"),
        ("5.7.999", "policy"),
        ("5.9.9", "unknown"),
        ("4.1.1", "try-later"),
        ("", "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_the_status_alone(status: str, kind: str) -> None:
    assert reason_of(status, "").kind == kind


def test_only_what_is_gone_for_good_is_gone() -> None:
    assert reason_of("5.1.1", "550 5.1.1 No such user").is_gone
    assert not reason_of("4.1.1", "450 4.1.1 No such user").is_gone
    assert not reason_of("5.7.1", "550 5.7.1 No such user for you").is_gone
    assert not reason_of("5.2.2", "552 5.2.2 Mailbox full").is_gone


def test_every_reason_has_a_sentence_in_both_languages() -> None:
    for english, chinese in SENTENCES.values():
        assert english.isascii()
        assert english.endswith(".")
        assert chinese.endswith("。")


@given(st.text(max_size=40), st.text(max_size=400))
def test_anything_at_all_has_a_reason(status: str, words: str) -> None:
    assert reason_of(status, words).kind in SENTENCES


def test_a_hostile_reply_costs_little() -> None:
    begun = time.process_time()
    reason_of("5.0.0", "does not " * 1_000_000)
    assert time.process_time() - begun < 5
