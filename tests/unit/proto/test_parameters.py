"""MAIL and RCPT arguments, the DSN parameters among them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.proto.address import Address
from mailnode.proto.dsn_params import Notify, OriginalRecipient, decode_xtext, encode_xtext, parse_orcpt
from mailnode.proto.mail_times import DeliverBy
from mailnode.proto.parameters import MailParameters, RcptParameters, parse_mail, parse_rcpt
from mailnode.proto.replies import Refused

A = Address("a", "b.example")


@pytest.mark.parametrize(
    ("argument", "parameters"),
    [
        ("FROM:<a@b.example>", MailParameters()),
        ("from: <a@b.example>", MailParameters()),
        ("FROM:<a@b.example> ", MailParameters()),
        ("FROM:<a@b.example> size=1000 Body=8bitmime", MailParameters(size=1000, body="8BITMIME")),
        ("FROM:<a@b.example> SMTPUTF8", MailParameters(smtputf8=True)),
        ("FROM:<a@b.example> RET=hdrs ENVID=QQ314159", MailParameters(ret="HDRS", envid="QQ314159")),
        ("FROM:<a@b.example> ENVID=aB+2Bc+3D", MailParameters(envid="aB+c=")),
        ("FROM:<a@b.example> BODY=binarymime REQUIRETLS", MailParameters(body="BINARYMIME", requiretls=True)),
        ("FROM:<a@b.example> HOLDFOR=86400", MailParameters(hold_for=86400)),
        (
            "FROM:<a@b.example> holduntil=2026-12-01t08:00:00+08:00",
            MailParameters(hold_until=datetime(2026, 12, 1, tzinfo=UTC)),
        ),
        ("FROM:<a@b.example> BY=120;rt", MailParameters(by=DeliverBy(120, "R", trace=True))),
        ("FROM:<a@b.example> BY=-12;N", MailParameters(by=DeliverBy(-12, "N"))),
        ("FROM:<a@b.example> AUTH=<>", MailParameters(auth="")),
        ("FROM:<a@b.example> AUTH=e+3Dmc2@example.com", MailParameters(auth="e=mc2@example.com")),
    ],
)
def test_mail(argument: str, parameters: MailParameters) -> None:
    assert parse_mail(argument) == (A, parameters)


def test_null_sender_and_long_sender() -> None:
    assert parse_mail("FROM:<> SIZE=0") == (None, MailParameters(size=0))
    assert parse_mail("FROM:<" + "v" * 120 + "@b.example>")[0] == Address("v" * 120, "b.example")


@pytest.mark.parametrize(
    ("argument", "code"),
    [
        ("", 501),
        ("TO:<a@b.example>", 501),
        ("FROM:a@b.example", 501),
        ("FROM:<a..b@b.example>", 553),
        ("FROM:<a@b.example>SIZE=1", 501),
        ("FROM:<a@b.example> SIZE", 501),
        ("FROM:<a@b.example> SIZE=x", 501),
        ("FROM:<a@b.example> SIZE=-1", 501),
        ("FROM:<a@b.example> SIZE=" + "9" * 21, 501),
        ("FROM:<a@b.example> SIZE=1 SIZE=2", 501),
        ("FROM:<a@b.example> SIZE=1 size=1", 501),
        ("FROM:<a@b.example> BODY=BINARY", 501),
        ("FROM:<a@b.example> REQUIRETLS=yes", 501),
        ("FROM:<a@b.example> HOLDFOR=", 501),
        ("FROM:<a@b.example> HOLDFOR=-1", 501),
        ("FROM:<a@b.example> HOLDFOR=1234567890", 501),
        ("FROM:<a@b.example> HOLDUNTIL=tomorrow", 501),
        ("FROM:<a@b.example> HOLDUNTIL=2026-13-01T00:00:00Z", 501),
        ("FROM:<a@b.example> HOLDUNTIL=2026-12-01T00:00:00", 501),
        ("FROM:<a@b.example> HOLDFOR=1 HOLDUNTIL=2026-12-01T00:00:00Z", 501),
        ("FROM:<a@b.example> BY=60", 501),
        ("FROM:<a@b.example> BY=60;X", 501),
        ("FROM:<a@b.example> BY=0;R", 501),
        ("FROM:<a@b.example> BY=-5;RT", 501),
        ("FROM:<a@b.example> BODY", 501),
        ("FROM:<a@b.example> SMTPUTF8=yes", 501),
        ("FROM:<a@b.example> RET=SOME", 501),
        ("FROM:<a@b.example> ENVID=", 501),
        ("FROM:<a@b.example> ENVID=+zz", 501),
        ("FROM:<a@b.example> ENVID=+0D+0A", 501),
        ("FROM:<a@b.example> ENVID=" + "x" * 101, 501),
        ("FROM:<a@b.example> AUTH=", 501),
        ("FROM:<a@b.example> AUTH=nobody", 553),
        ("FROM:<a@b.example> NOTIFY=NEVER", 555),
        ("FROM:<a@b.example> FROBNICATE", 555),
        ("FROM:<a@b.example> =x", 501),
        ("FROM:<a@b.example> " + "A" * 3 + " B C D E F G H I J K L M N O P Q R S T U", 501),
        ("FROM:<ä@b.example>", 553),
        ("FROM:<ä@b.example> SIZE=1", 553),
    ],
)
def test_bad_mail(argument: str, code: int) -> None:
    with pytest.raises(Refused) as refused:
        parse_mail(argument)
    assert refused.value.reply.code == code


@pytest.mark.parametrize(
    ("argument", "parameters"),
    [
        ("TO:<a@b.example>", RcptParameters()),
        ("TO:<a@b.example> NOTIFY=never", RcptParameters(notify=Notify())),
        ("TO:<a@b.example> NOTIFY=SUCCESS,delay", RcptParameters(notify=Notify(success=True, delay=True))),
        (
            "TO:<a@b.example> ORCPT=rfc822;B+2B1@c.example",
            RcptParameters(None, OriginalRecipient("rfc822", "B+1@c.example")),
        ),
    ],
)
def test_rcpt(argument: str, parameters: RcptParameters) -> None:
    assert parse_rcpt(argument, smtputf8=False) == (A, parameters)


@pytest.mark.parametrize(
    ("argument", "code"),
    [
        ("FROM:<a@b.example>", 501),
        ("TO:<>", 501),
        ("TO:a@b.example", 501),
        ("TO:<a@b.example> NOTIFY=NEVER,SUCCESS", 501),
        ("TO:<a@b.example> NOTIFY=SUCCESS,SUCCESS", 501),
        ("TO:<a@b.example> NOTIFY=", 501),
        ("TO:<a@b.example> ORCPT=rfc822", 501),
        ("TO:<a@b.example> ORCPT=rfc822;", 501),
        ("TO:<a@b.example> ORCPT=-;x", 501),
        ("TO:<a@b.example> ORCPT=rfc822;a+b", 501),
        ("TO:<a@b.example> SIZE=1", 555),
        ("TO:<ä@b.example>", 553),
    ],
)
def test_bad_rcpt(argument: str, code: int) -> None:
    with pytest.raises(Refused) as refused:
        parse_rcpt(argument, smtputf8=False)
    assert refused.value.reply.code == code


def test_recipient_beyond_ascii() -> None:
    assert parse_rcpt("TO:<ä@b.example>", smtputf8=True)[0] == Address("ä", "b.example")
    with pytest.raises(Refused):
        parse_rcpt("TO:<ä@b.example> ORCPT=utf-8;a\\x{0A}", smtputf8=True)


def test_utf8_original_recipient() -> None:
    wide = parse_orcpt("utf-8;\\x{7528}\\x{2B}a@b.example")
    assert wide == OriginalRecipient("utf-8", "用+a@b.example")
    assert parse_orcpt(str(wide)) == wide
    with pytest.raises(Refused):
        parse_orcpt("utf-8;\\x{D800}")


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_xtext_comes_back(text: str) -> None:
    assert decode_xtext(encode_xtext(text)) == text


@given(st.booleans(), st.booleans(), st.booleans())
def test_notify_comes_back(success: bool, failure: bool, delay: bool) -> None:
    notify = Notify(success, failure, delay)
    assert parse_rcpt(f"TO:<a@b.example> NOTIFY={notify}", smtputf8=False)[1].notify == notify


WORDS = st.sampled_from(
    [
        "SIZE=", "BODY=", "8BITMIME", "BINARYMIME", "SMTPUTF8", "RET=", "FULL", "ENVID=", "NOTIFY=", "NEVER",
        "SUCCESS,DELAY", "ORCPT=", "rfc822;", "utf-8;", "\\x{4E2D}", "+2B", "+", "=", " ", "HOLDFOR=", "HOLDUNTIL=",
        "2026-11-25T12:00:00Z", "9999-12-31T23:59:59-12:00", "BY=", "-120;R", "9;NT", "AUTH=", "<>", "REQUIRETLS",
        "0", "99999999999", "é", "\0",
    ]
)  # fmt: skip
TEXT = st.text(max_size=60) | st.lists(WORDS | st.text(max_size=3), max_size=12).map("".join)


@given(TEXT, st.sampled_from(["", "FROM:<a@b.example> ", "TO:<a@b.example> ", "FROM:<", "TO:<"]))
def test_any_text(text: str, head: str) -> None:
    for read in (parse_mail, lambda argument: parse_rcpt(argument, smtputf8=True)):
        try:
            read(head + text)
        except Refused:
            pass
