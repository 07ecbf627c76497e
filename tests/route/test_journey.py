"""A message's whole journey: submission at A, MX at B, and every door that reads it; and the ways it can end."""

from __future__ import annotations

import email
import email.policy
import imaplib
import re
import smtplib
from base64 import b64encode
from collections.abc import Iterator
from email.message import EmailMessage

import dkim  # type: ignore[import-untyped]
import pytest

from tests.support import ports
from tests.support.api import Api
from tests.support.client import trusting
from tests.support.network import Network
from tests.support.node import PASSWORD, Node

TEXT = "你好 from A\r\n"


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with Network(tmp_path_factory.mktemp("net"), web=True) as network:
        yield network


@pytest.fixture
def user(net: Network, request: pytest.FixtureRequest) -> str:
    """A user of B that no other test writes to."""
    return net.b.add_user(f"{request.node.name.replace('_', '-')[:50]}@b.test")


def letter(to: str, subject: str = "letter", sender: str = "anna@a.test") -> EmailMessage:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message.set_content(TEXT, charset="utf-8")
    return message


def send(node: Node, message: EmailMessage, *recipients: str) -> None:
    node.submit(str(message["From"]), recipients or [str(message["To"])], message.as_bytes())


def parsed(raw: bytes) -> EmailMessage:
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_submission_at_a_is_read_at_b_by_imap_pop3_and_api(net: Network, user: str) -> None:
    send(net.a, letter(user, "three doors"))
    [raw] = net.b.wait_for(user)
    message = parsed(raw)
    assert message["Subject"] == "three doors"
    assert message.get_content().strip() == TEXT.strip()
    assert message["Message-ID"]
    assert message["Date"]
    assert b"\r\n".join(net.b.pop3(user).retr(1)[1]) + b"\r\n" == raw
    api = Api(net.b, user)
    [row] = api.inbox()
    assert (row["subject"], row["from"][0]["address"]) == ("three doors", "anna@a.test")
    assert api.raw("GET", f"/messages/{row['id']}/raw") == raw


def test_addresses_beyond_ascii_go_from_submission_to_imap(net: Network) -> None:
    """RFC 6531 from a user's own address to one of another host, and RFC 6855 where it is read."""
    here, there = net.a.add_user("用户@a.test"), net.b.add_user("收件人@b.test")
    with net.a.smtp("submission") as client:
        client.starttls(context=trusting())
        client.ehlo()
        assert client.docmd("AUTH", f"PLAIN {said(here)}")[0] == 235
        raw = f"From: 用户 <{here}>\r\nTo: {there}\r\nSubject: 你好\r\n\r\n{TEXT}".encode()
        assert client.sendmail(here, [there], raw, ["SMTPUTF8", "BODY=8BITMIME"]) == {}
    with imaplib.IMAP4(net.b.host, net.b.ports["imap"], timeout=60) as reader:
        reader.authenticate("PLAIN", lambda _: f"\0{there}\0{PASSWORD}".encode())
        reader.enable("UTF8=ACCEPT")
        ports.until(lambda: reader.select("INBOX")[1] == [b"1"])
        [stored] = [part[1] for part in reader.fetch("1", "(BODY.PEEK[])")[1] if isinstance(part, tuple)]
    assert stored.endswith(raw.partition(b"\r\n")[2])
    assert b"with UTF8SMTPS id" in stored
    assert f"From: 用户 <{here}>".encode() in stored


def said(user: str) -> str:
    """What smtplib cannot say for a user beyond ASCII (RFC 4616 §2)."""
    return b64encode(f"\0{user}\0{PASSWORD}".encode()).decode()


def test_what_leaves_a_is_signed_under_its_published_key(net: Network, user: str) -> None:
    send(net.a, letter(user, "signed"))
    [raw] = net.b.wait_for(user)
    message = parsed(raw)
    facts = [dict(re.findall(r"(\w+)=([^;\s]+)", str(field))) for field in message.get_all("DKIM-Signature", [])]
    assert sorted(each["a"] for each in facts) == ["ed25519-sha256", "rsa-sha256"]
    for each in facts:
        assert (net.txt(f"{each['s']}._domainkey.a.test") or b"").startswith(b"v=DKIM1")
    [rsa] = [at for at, each in enumerate(facts) if each["a"] == "rsa-sha256"]
    assert dkim.DKIM(raw).verify(idx=rsa, dnsfunc=lambda name, timeout=5: net.txt(name.decode()))


def test_the_answer_comes_back_through_the_api(net: Network, user: str) -> None:
    send(net.a, letter(user, "question"))
    net.b.wait_for(user)
    api = Api(net.b, user)
    [row] = api.inbox()
    before = len(net.a.messages("anna@a.test"))
    question = api.get(f"/messages/{row['id']}")
    draft = api.post("/drafts", to=[{"name": "", "address": "anna@a.test"}], subject="Re: question", text="an answer",
                     answers=row["id"], in_reply_to=question["message_id"])  # fmt: skip
    api.post(f"/drafts/{draft['id']}/send")
    answer = parsed(net.a.wait_for("anna@a.test", before + 1)[-1])
    assert answer["Subject"] == "Re: question"
    assert answer["In-Reply-To"].strip("<>") == question["message_id"].strip("<>")
    assert "\\Answered" in api.inbox()[0]["flags"]
    assert [parsed(raw)["Subject"] for raw in net.b.messages(user, "Sent")] == ["Re: question"]


def test_an_alias_reaches_everybody_behind_it_here_and_elsewhere(net: Network, user: str) -> None:
    net.b.cli("alias", "add", "sales@b.test", user, "bert@a.test")
    before = len(net.a.messages("bert@a.test"))
    send(net.a, letter("sales@b.test", "for sales"))
    assert parsed(net.b.wait_for(user)[0])["Subject"] == "for sales"
    assert parsed(net.a.wait_for("bert@a.test", before + 1)[-1])["Subject"] == "for sales"


def test_bcc_is_delivered_and_not_shown(net: Network, user: str) -> None:
    message = letter("bert@b.test", "blind")
    message["Bcc"] = user
    send(net.a, message, "bert@b.test", user)
    assert parsed(net.b.wait_for(user)[0])["Bcc"] is None


def test_an_unknown_user_of_b_comes_back_as_a_report(net: Network) -> None:
    before = len(net.a.messages("anna@a.test"))
    send(net.a, letter("nobody-here@b.test", "lost"))
    bounce = parsed(net.a.wait_for("anna@a.test", before + 1)[-1])
    assert bounce.get_content_type() == "multipart/report"
    assert bounce["Return-Path"] == "<>"
    report = next(part for part in bounce.walk() if part.get_content_type() == "message/delivery-status")
    fields = report.as_string()
    assert "nobody-here@b.test" in fields
    assert "Action: failed" in fields
    assert "5.1.1" in fields
    assert net.a.json("queue", "list") == []


def test_an_unknown_user_at_home_is_refused_at_once(net: Network) -> None:
    with net.a.smtp("submission") as client:
        net.a.login(client, "anna@a.test")
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            client.sendmail("anna@a.test", ["nobody-here@a.test"], letter("nobody-here@a.test").as_bytes())
    code, text = refused.value.recipients["nobody-here@a.test"]
    assert (code, text[:5]) == (550, b"5.1.1")


def large(to: str, subject: str) -> EmailMessage:
    """A message of about 6 KB."""
    message = letter(to, subject)
    message.set_content("large " * 1000)
    return message


def test_over_quota_waits_until_there_is_room(net: Network, user: str) -> None:
    net.b.cli("user", "set", user, "--quota", "12000")
    send(net.a, large(user, "first"))
    net.b.wait_for(user)
    send(net.a, large(user, "second"))
    [waiting] = waiting_for(net.a, user)
    assert waiting["status"] == "4.2.2"
    net.b.cli("user", "set", user, "--quota", "1000000")
    net.a.cli("queue", "retry", str(waiting["id"]))
    assert [parsed(raw)["Subject"] for raw in net.b.wait_for(user, 2)] == ["first", "second"]


def test_what_can_never_fit_comes_back_at_once(net: Network, user: str) -> None:
    net.b.cli("user", "set", user, "--quota", "2000")
    before = len(net.a.messages("anna@a.test"))
    send(net.a, large(user, "too large"))
    assert b"5.2.2" in net.a.wait_for("anna@a.test", before + 1)[-1]
    assert net.b.messages(user) == []


def waiting_for(node: Node, recipient: str) -> list[dict[str, object]]:
    """The queue's recipients with this address that have been tried and deferred."""

    def found() -> list[dict[str, object]]:
        rows = [node.json("queue", "show", str(row["id"])) for row in node.json("queue", "list")]
        return [
            {"id": row["id"], **each}
            for row in rows
            for each in row["recipients"]
            if each["address"] == recipient and each["attempts"]
        ]

    ports.until(found, what=f"{recipient} deferred")
    return found()
