"""An SMTP connection seen from the client, sans-IO: bytes in, bytes and events out.

How it is driven::

    client = SmtpClient(ClientOptions(hostname="mx.example.com"))
    loop:
        write client.send()                    whenever it is not empty
        for event in client.receive(data):     whatever was read, in any split
            Ready          features are known: client.submit(message), or client.quit()
            StartTls       wrap the socket now, then client.tls_started()
            Finished       the message is done: one Result per recipient; submit the next one, or quit
            Closed         close the socket; what was under way was reported by a Finished before
        client.eof()                           instead of receive() when the peer closed or failed
    client.timeout                             seconds to wait for the next bytes (RFC 5321 §4.5.3.2)

One message at a time; after Finished the same connection takes the next. Every recipient of every
submitted message gets exactly one Result, whatever happens, and a Result that no server gave carries a
Reply of ours with a 4.4.x status: unknown means temporary. With ``Result.stage == "content"`` and no
reply the message may have been taken (RFC 1047): sending again may double it, not sending loses it.

Bytes that arrive between the answer to STARTTLS and the handshake end the connection: somebody in the
middle may have put them there (CVE-2011-0411 seen from this side).

RFC 5321 §4.1, RFC 2920 (PIPELINING), RFC 3030 §2 (CHUNKING), RFC 3207 (STARTTLS), RFC 4954 (AUTH), RFC 1870
(SIZE), RFC 6152, RFC 6531, RFC 3461 (DSN parameters).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from mailnode.errors import ProtocolError
from mailnode.proto.lines import sendable, stuff, stuffed
from mailnode.proto.replies import Reply, ReplyReader
from mailnode.proto.smtp_client_login import Login
from mailnode.proto.smtp_client_values import (
    NO_FEATURES,
    ClientOptions,
    Closed,
    Event,
    Features,
    Finished,
    Message,
    Ready,
    Result,
    StartTls,
    read_features,
)

Handler = Callable[[Reply], None]

UNASKED = 64 * 1024  # octets of content that are sent before the recipients are known to be taken

_LOST = Reply(451, "4.4.2", "The connection was lost")


class SmtpClient:
    """The machine. See the head of the file."""

    def __init__(self, options: ClientOptions) -> None:
        self.options = options
        self.features: Features = NO_FEATURES
        self.greeting = ""
        self._reader = ReplyReader()
        self._out: list[bytes] = []
        self._events: list[Event] = []
        self._secure = options.secure
        self._expected: deque[tuple[str, Handler]] = deque([("greeting", self._on_greeting)])
        self._message: Message | None = None
        self._results: dict[int, Result] = {}
        self._reset_first = False
        self._told_all = False  # the content of the message under way is out
        self._waiting_for_tls = False
        self.closed = False
        self.answers = 0  # whole replies so far

    @property
    def secure(self) -> bool:
        """True once the connection is inside TLS."""
        return self._secure

    @property
    def timeout(self) -> float:
        """Seconds the whole next reply may take: the minimum of RFC 5321 §4.5.3.2 for the present stage."""
        stage = self._expected[0][0] if self._expected else "idle"
        return {"data": 120.0, "content": 600.0, "quit": 10.0}.get(stage, 300.0)

    def send(self) -> bytes:
        """What is to be written now; empty when there is nothing."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes from the peer. Never raises for what the peer sent."""
        if self._waiting_for_tls:
            self._give_up("handshake", Reply(451, "4.7.0", "Bytes arrived in front of the TLS handshake"))
        if not self.closed:
            self._reader.feed(data)
            self._run()
        return self._take_events()

    def eof(self, text: str = "") -> list[Event]:
        """The peer has closed, or the driver has (time ran out, TLS failed): ``text`` says why."""
        if not self.closed:
            self._give_up(self._stage(), Reply(451, "4.4.2", text) if text else _LOST)
        return self._take_events()

    def tls_started(self) -> list[Event]:
        """The handshake that StartTls asked for has succeeded: everything known is forgotten (RFC 3207 §4.2)."""
        self._waiting_for_tls = False
        self._secure = True
        self.features = NO_FEATURES
        self._hello()
        return self._take_events()

    def submit(self, message: Message) -> list[Event]:
        """Begin the next message; its Finished comes at once when the server cannot take it at all."""
        if self._message is not None or self._expected or self.closed:
            raise RuntimeError("the connection is not ready for a message")
        self._message = message
        self._results = {}
        refusal = self._cannot_take(message)
        if refusal:
            self._finish_all("mail", refusal)
        else:
            self._begin(message)
        return self._take_events()

    def quit(self) -> None:
        """End politely; Closed follows with the server's answer or its close."""
        if not self.closed:
            self._command("quit", b"QUIT", lambda reply: self._close("quit", reply))

    # The dialogue before the first message.

    def _on_greeting(self, reply: Reply) -> None:
        self.greeting = reply.text
        if reply.code != 220:
            self._give_up("greeting", reply)
        else:
            self._hello()

    def _hello(self) -> None:
        name = self.options.hostname.encode("ascii")
        self._command("ehlo", b"EHLO " + name, self._on_ehlo)

    def _on_ehlo(self, reply: Reply) -> None:
        if reply.code == 250:
            self.features = read_features(reply)
            self._secure_or_go_on()
        elif reply.permanent and not (self._secure and not self.options.secure):
            # An old server: RFC 5321 §3.2. Never after STARTTLS, where EHLO has worked before.
            self._command("helo", b"HELO " + self.options.hostname.encode("ascii"), self._on_helo)
        else:
            self._give_up("ehlo", reply)

    def _on_helo(self, reply: Reply) -> None:
        if reply.code == 250:
            self._secure_or_go_on()
        else:
            self._give_up("helo", reply)

    def _secure_or_go_on(self) -> None:
        wanted = self.options.starttls
        if self._secure or wanted == "never":
            self._authenticate()
        elif self.features.starttls:
            self._command("starttls", b"STARTTLS", self._on_starttls)
        elif wanted == "required":
            self._give_up("starttls", Reply(451, "4.7.4", "TLS is needed and the server does not offer it"))
        else:
            self._authenticate()

    def _on_starttls(self, reply: Reply) -> None:
        if reply.code == 220 and not self._reader.pending:
            self._waiting_for_tls = True
            self._events.append(StartTls())
        elif reply.code == 220:
            self._give_up("handshake", Reply(451, "4.7.0", "Bytes arrived in front of the TLS handshake"))
        elif self.options.starttls == "required":
            self._give_up("starttls", reply)
        else:
            self._authenticate()

    def _authenticate(self) -> None:
        credentials = self.options.credentials
        if credentials is None:
            self._events.append(Ready(self.features))
        elif not self._secure and not self.options.auth_without_tls:
            self._give_up("auth", Reply(451, "4.7.11", "A password is not sent without TLS"))
        else:
            self._log_in(*credentials)

    def _log_in(self, name: str, password: str) -> None:
        try:
            login = Login(self.features.auth, name, password, self.options.nonce)
            self._command("auth", login.command(), lambda reply: self._on_auth(login, reply))
        except ProtocolError as error:
            self._give_up("auth", Reply(451, "4.7.0", str(error)))

    def _on_auth(self, login: Login, reply: Reply) -> None:
        try:
            if reply.code == 334:
                self._command("auth", login.answer(reply.text), lambda reply: self._on_auth(login, reply))
            elif reply.code == 235 and login.finished:
                self._events.append(Ready(self.features))
            else:
                self._give_up("auth", reply)
        except ProtocolError as error:
            self._give_up("auth", Reply(451, "4.7.0", f"The server broke the login: {error}"))

    # One message.

    def _cannot_take(self, message: Message) -> Reply | None:
        limit = self.features.size_limit
        if limit and len(message.content) > limit:
            return Reply(552, "5.3.4", f"The message is larger than the {limit} octets the server takes")
        if message.smtputf8 and not self.features.smtputf8:
            return Reply(553, "5.6.7", "The server does not take addresses beyond ASCII (SMTPUTF8)")
        if message.requiretls and not (self._secure and "REQUIRETLS" in self.features.keywords):
            return Reply(550, "5.7.30", "The server does not promise to send on with TLS only (REQUIRETLS)")
        if message.by and message.by.missed:
            return Reply(550, "5.4.7", "The time by which it was to be delivered is over")
        if message.by and message.by.mode == "R" and "DELIVERBY" not in self.features.keywords:
            return Reply(550, "5.3.3", "The server does not promise to deliver in time or give back (DELIVERBY)")
        return None

    def _begin(self, message: Message) -> None:
        if self._reset_first:
            self._reset_first = False
            self._command("rset", b"RSET", self._on_reset)
            if not self.features.pipelining:
                return
        self._start_transaction(message)

    def _on_reset(self, reply: Reply) -> None:
        if not reply.positive:
            self._give_up("rset", reply)
        elif not self.features.pipelining and self._message is not None:
            self._start_transaction(self._message)

    def _start_transaction(self, message: Message) -> None:
        self._command("mail", message.mail_command(self.features), self._on_mail)
        if self.features.pipelining:
            for number in range(len(message.recipients)):
                self._send_recipient(message, number)
            if not self.features.chunking:
                self._command("data", b"DATA", self._on_data)
            elif len(message.content) <= UNASKED:
                self._send_chunk(message)

    def _on_mail(self, reply: Reply) -> None:
        message = self._under_way()
        if not reply.positive:
            self._note(range(len(message.recipients)), "mail", reply)
            if not self.features.pipelining:
                self._finish()
        elif not self.features.pipelining:
            self._send_recipient(message, 0)

    def _send_recipient(self, message: Message, number: int) -> None:
        command = message.rcpt_command(number, self.features)
        self._command("rcpt", command, lambda reply: self._on_recipient(number, reply))

    def _on_recipient(self, number: int, reply: Reply) -> None:
        message = self._under_way()
        if not reply.positive:
            self._note([number], "rcpt", reply)
        last = number + 1 == len(message.recipients)
        if self.features.pipelining and (not last or self._expected):
            return  # what comes next has been sent
        if not last:
            self._send_recipient(message, number + 1)
        elif not self._open_recipients():
            self._finish()
        elif self.features.chunking:
            self._send_chunk(message)
        else:
            self._command("data", b"DATA", self._on_data)

    def _send_chunk(self, message: Message) -> None:
        """All of the content in one chunk (RFC 3030 §2): no 354 to wait for, and no dots to double."""
        content = message.content if message.clean else sendable(message.content)
        end = b"" if content.endswith(b"\r\n") else b"\r\n"
        self._command("content", b"BDAT %d LAST" % (len(content) + len(end)), self._on_content)
        self._out += (content, end)
        self._told_all = True

    def _on_data(self, reply: Reply) -> None:
        message = self._under_way()
        waiting = self._open_recipients()
        if reply.code != 354:
            # With 2xx in place of 354 nobody can say what the server means: temporary.
            refusal = reply if not reply.positive else Reply(451, "4.5.0", "DATA was not answered with 354")
            self._note(waiting, "data", refusal)
            self._finish()
        elif waiting:
            self._told_all = True
            self._out.append(stuffed(message.content) if message.clean else stuff(message.content))
            self._expected.append(("content", self._on_content))
        else:
            # Pipelined DATA was let pass although nobody is left: RFC 2920 §3.1.
            self._out.append(b".\r\n")
            self._expected.append(("content", lambda _reply: self._finish()))

    def _on_content(self, reply: Reply) -> None:
        self._note(self._open_recipients(), "content", reply)
        self._reset_first = not reply.positive
        self._finish(reset=False)

    # Plumbing.

    def _under_way(self) -> Message:
        if self._message is None:
            raise RuntimeError("a reply to a message that is not under way")
        return self._message

    def _stage(self) -> str:
        """Where a connection that breaks now breaks. A content that is out may have been taken (RFC 1047)."""
        if self._told_all and self._message is not None:
            return "content"
        return self._expected[0][0] if self._expected else "idle"

    def _command(self, stage: str, line: bytes, handler: Handler) -> None:
        self._out.append(line + b"\r\n")
        self._expected.append((stage, handler))

    def _run(self) -> None:
        while not self.closed and not self._waiting_for_tls:
            try:
                reply = self._reader.next_reply()
            except ProtocolError as error:
                self._give_up(self._stage(), Reply(451, "4.5.0", f"The server broke the protocol: {error}"))
                return
            if reply is None:
                return
            self.answers += 1
            if not self._expected:
                self._give_up("idle", reply)  # nothing was asked: a goodbye (RFC 5321 §3.8), or nonsense
                return
            stage, handler = self._expected.popleft()
            if reply.code == 421 and stage != "quit":  # the server is closing, whatever we say
                self._expected.appendleft((stage, handler))
                self._give_up(stage, reply)
                return
            handler(reply)

    def _open_recipients(self) -> list[int]:
        return [number for number in range(len(self._under_way().recipients)) if number not in self._results]

    def _note(self, numbers: Sequence[int], stage: str, reply: Reply) -> None:
        message = self._under_way()
        for number in numbers:
            if number not in self._results:
                self._results[number] = Result(message.recipients[number].address, stage, reply)

    def _finish_all(self, stage: str, reply: Reply) -> None:
        self._note(range(len(self._under_way().recipients)), stage, reply)
        self._finish(reset=False)

    def _finish(self, *, reset: bool = True) -> None:
        message, self._message = self._under_way(), None
        self._told_all = False
        self._reset_first = self._reset_first or reset
        self._events.append(Finished(tuple(self._results[number] for number in range(len(message.recipients)))))

    def _give_up(self, stage: str, reply: Reply) -> None:
        """The connection is of no more use; a message under way ends with ``reply`` for all still open."""
        if self._message is not None:
            # A refusal of the whole connection says nothing final about a message: temporary.
            told = reply if reply.temporary else Reply(451, "4.4.2", reply.text)
            self._finish_all(stage, told)
        self._close(stage, reply)

    def _close(self, stage: str, reply: Reply) -> None:
        self.closed = True
        self._waiting_for_tls = False
        self._expected.clear()
        self._events.append(Closed(stage, reply))

    def _take_events(self) -> list[Event]:
        events, self._events = self._events, []
        return events
