"""The client machine against written conversations: what the server says, what the client answers."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.proto.dsn_params import Notify, OriginalRecipient
from mailnode.proto.replies import Reply
from mailnode.proto.smtp_client import SmtpClient
from mailnode.proto.smtp_client_values import (
    ClientOptions,
    Closed,
    Event,
    Finished,
    Message,
    Ready,
    Recipient,
    StartTls,
    read_features,
)

PLAIN = ClientOptions("me.example", starttls="never")
GREETING = b"220 mx ready\r\n"
EHLO = b"250-mx.example\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 DSN\r\n"
SLOW = b"250-mx.example\r\n250 SIZE 0\r\n"
ONE = Message("a@b.example", (Recipient("c@d.example"),), b"x\r\n")
TWO = replace(ONE, recipients=(Recipient("c@d.example"), Recipient("e@d.example")))


@dataclass
class Played:
    client: SmtpClient
    events: list[Event] = field(default_factory=list)

    def say(self, data: bytes) -> bytes:
        """What the client answers to these bytes of the server."""
        self.events += self.client.receive(data)
        return self.client.send()

    def submit(self, message: Message) -> bytes:
        self.events += self.client.submit(message)
        return self.client.send()

    def results(self) -> list[tuple[str, str, int]]:
        finished = [event for event in self.events if isinstance(event, Finished)][-1]
        return [(result.recipient, result.stage, result.reply.code) for result in finished.results]


def opened(options: ClientOptions = PLAIN, ehlo: bytes = EHLO) -> Played:
    played = Played(SmtpClient(options))
    assert played.say(GREETING) == b"EHLO me.example\r\n"
    assert played.say(ehlo) == b""
    assert isinstance(played.events[-1], Ready)
    return played


def test_pipelined_message() -> None:
    played = opened()
    commands = b"MAIL FROM:<a@b.example> SIZE=3\r\nRCPT TO:<c@d.example>\r\nRCPT TO:<e@d.example>\r\nDATA\r\n"
    assert played.submit(TWO) == commands
    assert played.say(b"250 ok\r\n250 ok\r\n550 5.1.1 no\r\n") == b""
    assert played.say(b"354 go\r\n") == b"x\r\n.\r\n"
    assert played.client.timeout == 600
    played.say(b"250 2.0.0 taken\r\n")
    assert played.results() == [("c@d.example", "content", 250), ("e@d.example", "rcpt", 550)]


def test_message_step_by_step() -> None:
    played = opened(ehlo=SLOW)
    assert played.submit(TWO) == b"MAIL FROM:<a@b.example> SIZE=3\r\n"
    assert played.say(b"250 ok\r\n") == b"RCPT TO:<c@d.example>\r\n"
    assert played.say(b"450 later\r\n") == b"RCPT TO:<e@d.example>\r\n"
    assert played.say(b"250 ok\r\n") == b"DATA\r\n"
    assert played.say(b"354 go\r\n") == b"x\r\n.\r\n"
    played.say(b"250 ok\r\n")
    assert played.results() == [("c@d.example", "rcpt", 450), ("e@d.example", "content", 250)]


def test_next_message_needs_no_reset_after_a_good_one() -> None:
    played = opened()
    played.submit(ONE)
    played.say(b"250 a\r\n250 b\r\n354 c\r\n250 d\r\n")
    assert played.submit(ONE).startswith(b"MAIL FROM:<a@b.example>")


@pytest.mark.parametrize("ehlo", [EHLO, SLOW])
def test_reset_comes_before_the_next_message_after_a_refusal(ehlo: bytes) -> None:
    played = opened(ehlo=ehlo)
    played.submit(ONE)
    answer = played.say(b"550 5.7.1 not you\r\n")
    if answer == b"" and ehlo is EHLO:
        played.say(b"503 no\r\n503 no\r\n")
    assert played.results() == [("c@d.example", "mail", 550)]
    sent = played.submit(ONE)
    assert sent.startswith(b"RSET\r\n")
    if ehlo is SLOW:
        assert played.say(b"250 ok\r\n").startswith(b"MAIL")


def test_data_taken_without_recipients_gets_an_empty_message() -> None:
    played = opened()
    played.submit(ONE)
    assert played.say(b"250 ok\r\n550 no\r\n354 go\r\n") == b".\r\n"
    played.say(b"554 none\r\n")
    assert played.results() == [("c@d.example", "rcpt", 550)]


def test_helo_when_ehlo_is_not_known() -> None:
    played = Played(SmtpClient(PLAIN))
    played.say(GREETING)
    assert played.say(b"500 what\r\n") == b"HELO me.example\r\n"
    played.say(b"250 mx\r\n")
    assert isinstance(played.events[-1], Ready)
    assert played.submit(ONE) == b"MAIL FROM:<a@b.example>\r\n"


def test_delivery_report_parameters() -> None:
    recipient = Recipient("c@d.example", Notify(failure=True), OriginalRecipient("rfc822", "old+1@d.example"))
    message = replace(ONE, recipients=(recipient,), ret="HDRS", envid="id 1", eightbit=True, smtputf8=True)
    assert opened().submit(message) == (
        b"MAIL FROM:<a@b.example> SIZE=3 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=id+201\r\n"
        b"RCPT TO:<c@d.example> NOTIFY=FAILURE ORCPT=rfc822;old+2B1@d.example\r\nDATA\r\n"
    )


@pytest.mark.parametrize(
    ("message", "ehlo", "code"),
    [(replace(ONE, content=b"x" * 1001), EHLO, 552), (replace(ONE, smtputf8=True), SLOW, 553)],
)
def test_what_the_server_cannot_take_is_not_sent(message: Message, ehlo: bytes, code: int) -> None:
    played = opened(ehlo=ehlo)
    assert played.submit(message) == b""
    assert played.results() == [("c@d.example", "mail", code)]


def test_starttls_forgets_what_was_offered_in_clear() -> None:
    played = Played(SmtpClient(replace(PLAIN, starttls="opportunistic")))
    played.say(GREETING)
    assert played.say(b"250-mx\r\n250-DSN\r\n250 STARTTLS\r\n") == b"STARTTLS\r\n"
    played.say(b"220 go\r\n")
    assert played.events == [StartTls()]
    played.events += played.client.tls_started()
    assert played.client.send() == b"EHLO me.example\r\n"
    played.say(b"250 mx\r\n")
    ready = played.events[-1]
    assert isinstance(ready, Ready)
    assert not ready.features.dsn
    assert played.client.secure


@pytest.mark.parametrize("split", [True, False])
def test_bytes_in_front_of_the_handshake_end_the_connection(split: bool) -> None:
    played = Played(SmtpClient(replace(PLAIN, starttls="opportunistic")))
    played.say(GREETING)
    played.say(b"250-mx\r\n250 STARTTLS\r\n")
    for data in [b"220 go\r\n", b"250 evil\r\n"] if split else [b"220 go\r\n250 evil\r\n"]:
        played.say(data)
    closed = played.events[-1]
    assert isinstance(closed, Closed)
    assert closed.stage == "handshake"


@pytest.mark.parametrize(
    ("starttls", "talk", "ready"),
    [
        ("opportunistic", [b"250-mx\r\n250 STARTTLS\r\n", b"454 no\r\n"], True),
        ("required", [b"250-mx\r\n250 STARTTLS\r\n", b"454 no\r\n"], False),
        ("opportunistic", [b"250 mx\r\n"], True),
        ("required", [b"250 mx\r\n"], False),
    ],
)
def test_tls_that_is_not_to_be_had(starttls: str, talk: list[bytes], ready: bool) -> None:
    played = Played(SmtpClient(ClientOptions("me.example", starttls=starttls)))  # type: ignore[arg-type]
    for line in [GREETING, *talk]:
        played.say(line)
    assert isinstance(played.events[-1], Ready if ready else Closed)


WITH_NAME = replace(PLAIN, secure=True, credentials=("me", "secret"))


def test_login_plain_and_login() -> None:
    played = Played(SmtpClient(WITH_NAME))
    played.say(GREETING)
    assert played.say(b"250-mx\r\n250 AUTH LOGIN PLAIN\r\n") == b"AUTH PLAIN AG1lAHNlY3JldA==\r\n"
    played.say(b"235 welcome\r\n")
    assert isinstance(played.events[-1], Ready)

    played = Played(SmtpClient(WITH_NAME))
    played.say(GREETING)
    assert played.say(b"250-mx\r\n250 AUTH=LOGIN\r\n") == b"AUTH LOGIN\r\n"
    assert played.say(b"334 VXNlcm5hbWU6\r\n") == b"bWU=\r\n"
    assert played.say(b"334 UGFzc3dvcmQ6\r\n") == b"c2VjcmV0\r\n"
    played.say(b"535 5.7.8 no\r\n")
    assert played.events[-1] == Closed("auth", Reply(535, "5.7.8", "no"))


def test_no_password_without_tls() -> None:
    played = Played(SmtpClient(replace(WITH_NAME, secure=False)))
    played.say(GREETING)
    assert played.say(b"250-mx\r\n250 AUTH PLAIN\r\n") == b""
    assert isinstance(played.events[-1], Closed)


@pytest.mark.parametrize(
    ("talk", "stage", "code"),
    [
        ([b"421 bye\r\n"], "mail", 421),
        ([b"250 a\r\n421 bye\r\n"], "rcpt", 421),
        ([b"nonsense\r\n"], "mail", 451),
        ([b"250 a\r\n250 b\r\n354 c\r\n421 bye\r\n"], "content", 421),
        ([b"250 a\r\n250 b\r\n250 odd\r\n"], "data", 451),
    ],
)
def test_everyone_has_a_result_when_the_server_leaves(talk: list[bytes], stage: str, code: int) -> None:
    played = opened()
    played.submit(ONE)
    for data in talk:
        played.say(data)
    played.events += played.client.eof()
    assert played.results() == [("c@d.example", stage, code)]
    assert isinstance(played.events[-1], Closed)


def test_lost_behind_the_content_is_temporary() -> None:
    played = opened()
    played.submit(ONE)
    played.say(b"250 a\r\n250 b\r\n354 c\r\n")
    played.events += played.client.eof("no answer in 600 s")
    assert played.results() == [("c@d.example", "content", 451)]


@pytest.mark.parametrize("greeting", [b"554 go away\r\n", b"421 busy\r\n"])
def test_greeting_that_refuses(greeting: bytes) -> None:
    played = Played(SmtpClient(PLAIN))
    assert played.say(greeting) == b""
    assert isinstance(played.events[-1], Closed)


def test_goodbye_nobody_asked_for_and_quit() -> None:
    played = opened()
    played.say(b"421 4.4.2 idle\r\n")
    assert played.events[-1] == Closed("idle", Reply(421, "4.4.2", "idle"))

    played = opened()
    played.client.quit()
    assert played.client.send() == b"QUIT\r\n"
    played.say(b"221 bye\r\n")
    assert played.events[-1] == Closed("quit", Reply(221, "", "bye"))
    assert played.client.eof() == []


def test_line_end_in_an_address_is_a_bug_of_ours() -> None:
    with pytest.raises(ValueError, match="control"):
        replace(ONE, sender="a@b\r\nRCPT TO:<x@y>")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("LIMITS MAILMAX=5 RCPTMAX=20", (20, 5)),
        ("limits rcptmax=20 rcptmax=30 other", (20, 0)),
        ("LIMITS RCPTMAX=", (0, 0)),
        ("LIMITS RCPTMAX=-1 MAILMAX=1e3", (0, 0)),
    ],
)
def test_limits(words: str, found: tuple[int, int]) -> None:
    features = read_features(Reply(250, "", f"mx\n{words}"))
    assert (features.most_recipients, features.most_messages) == found


def test_features_are_read_leniently() -> None:
    features = read_features(Reply(250, "", "mx\nsize x\nauth=plain\nauth LOGIN\n\nX"))
    assert (features.size, features.size_limit, features.auth) == (True, 0, frozenset({"PLAIN", "LOGIN"}))


replies = st.lists(
    st.sampled_from(
        [b"250 ok\r\n", b"354 go\r\n", b"421 x\r\n", b"550 5.1.1 n\r\n", b"450 l\r\n", b"220 x\r\n", EHLO, b"?\r\n"]
    )
)


@given(replies, st.integers(1, 50))
def test_whatever_the_server_says_every_recipient_gets_one_result(talk: list[bytes], step: int) -> None:
    played = opened()
    played.submit(TWO)
    data = b"".join(talk)
    for start in range(0, len(data), step):
        played.say(data[start : start + step])
    played.events += played.client.eof()
    finished = [event for event in played.events if isinstance(event, Finished)]
    assert [result.recipient for event in finished for result in event.results] == ["c@d.example", "e@d.example"]
    assert sum(isinstance(event, Closed) for event in played.events) == 1
