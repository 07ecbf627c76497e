"""Two clients do anything at all to one mailbox, and a model of ten lines says what each must hear.

Commands come one after the other, so the model knows at every moment which messages there are and which flags they
have. Each client is what a mail program is: it knows messages by EXISTS, EXPUNGE and VANISHED alone, and flags by the
FETCH lines it was sent, asked for or not. What must hold:

- an EXPUNGE names a message that the model has lost too, and never comes during FETCH, STORE or SEARCH by number
  (RFC 9051 §7.5.1);
- flags that are told are those of the model, and after NOOP or IDLE nothing that a client knows is out of date;
- mod-sequences grow, a changed message has a new one, and UNCHANGEDSINCE keeps what has changed since (RFC 7162 §3.1).

A third client looks at everything after each step. ``MAILNODE_FUZZ=1`` plays longer than usual.
"""

from __future__ import annotations

import re
from itertools import count

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.support.examples import FUZZING, examples
from tests.support.imap_wire import ImapWire
from tests.support.imapd import ReadingServer, mail

EXAMPLES = examples(8)
STEPS = 30
FLAGS = ("\\Seen", "\\Deleted", "\\Flagged", "$Work", "other")
BY_NUMBER = ("FETCH", "STORE", "SEARCH")

_FETCH = re.compile(r"\* (\d+) FETCH \((.*)\)\r\n")
_UID = re.compile(r"UID (\d+)")
_FLAGS = re.compile(r"FLAGS \(([^)]*)\)")
_MODSEQ = re.compile(r"MODSEQ \((\d+)\)")

clients = st.integers(0, 1)
picks = st.lists(st.integers(0, 9), min_size=1, max_size=4)  # which of the messages: taken modulo their number
some_flags = st.sets(st.sampled_from(FLAGS), max_size=3)


class Model:
    """What is in the mailbox."""

    def __init__(self) -> None:
        self.flags: dict[int, frozenset[str]] = {}
        self.next = 1

    def add(self, flags: set[str]) -> int:
        uid, self.next = self.next, self.next + 1
        self.flags[uid] = frozenset(flags)
        return uid

    def store(self, uids: list[int], how: str, flags: set[str]) -> None:
        for uid in uids:
            old = self.flags[uid]
            self.flags[uid] = frozenset(old | flags if how == "+" else old - flags if how == "-" else flags)

    def remove(self, uids: list[int]) -> None:
        for uid in uids:
            del self.flags[uid]


class Client:
    """A mail program: what it has been told."""

    def __init__(self, wire: ImapWire, model: Model, kind: str) -> None:
        self.wire, self.model, self.kind = wire, model, kind
        self.uids: list[int] = []
        self.flags: dict[int, frozenset[str]] = {}
        self.modseqs: dict[int, int] = {}
        if kind:
            wire.command(f"ENABLE {kind}")
        self.select()

    def select(self) -> None:
        self.flags, self.modseqs = {}, {}
        self.wire.command("SELECT INBOX")
        self.uids = sorted(self.model.flags)

    def run(self, command: str) -> list[str]:
        answers = [line.decode() for line in self.wire.command(command)]
        assert answers[-1].split()[1] == "OK", (command, answers)
        self.take(answers[:-1], keeps_numbers=command.split(maxsplit=1)[0] in BY_NUMBER)
        return answers

    def take(self, lines: list[str], *, keeps_numbers: bool) -> None:
        for line in lines:
            words = line.split()
            if words[2:3] == ["EXISTS"]:
                self._exists(int(words[1]))
            elif words[2:3] == ["EXPUNGE"]:
                assert self.kind != "QRESYNC"
                assert not keeps_numbers
                self._gone(self.uids[int(words[1]) - 1])
            elif words[1:2] == ["VANISHED"]:
                assert self.kind == "QRESYNC"
                assert not keeps_numbers
                for uid in numbers(words[2]):
                    self._gone(uid)
            elif found := _FETCH.fullmatch(line):
                self._fetched(int(found[1]), found[2])

    def _exists(self, number: int) -> None:
        """Messages come at the end and in the order of their uids, so their number says which."""
        assert number >= len(self.uids)
        last = self.uids[-1] if self.uids else 0
        new = sorted(uid for uid in self.model.flags if uid > last)
        self.uids += new[: number - len(self.uids)]
        assert len(self.uids) == number

    def _gone(self, uid: int) -> None:
        assert uid not in self.model.flags
        self.uids.remove(uid)
        self.flags.pop(uid, None)

    def _fetched(self, number: int, items: str) -> None:
        uid = self.uids[number - 1]
        if found := _UID.search(items):
            assert int(found[1]) == uid
        if (found := _FLAGS.search(items)) and uid in self.model.flags:
            self.flags[uid] = frozenset(found[1].split()) - {"\\Recent"}
            assert self.flags[uid] == self.model.flags[uid]
        if found := _MODSEQ.search(items):
            assert int(found[1]) >= self.modseqs.get(uid, 0)
            self.modseqs[uid] = int(found[1])

    def is_up_to_date(self) -> None:
        assert self.uids == sorted(self.model.flags)
        assert self.flags == {uid: self.model.flags[uid] for uid in self.flags}


def numbers(text: str) -> list[int]:
    pairs = [piece.partition(":") for piece in text.split(",")]
    return [number for low, _, high in pairs for number in range(int(low), int(high or low) + 1)]


class Sessions(RuleBasedStateMachine):
    """Two clients, the model, and somebody who looks on."""

    def __init__(self, server: ReadingServer) -> None:
        super().__init__()
        self.model = Model()
        self.user = server.add_user()
        self.wires = [ImapWire(server.port).log_in(self.user.address) for _ in range(3)]
        for number in range(1, 4):
            server.deliver(self.user.id, mail(number))
            self.model.add(set())
        self.numbers = count(1)
        self.before: dict[int, tuple[frozenset[str], int]] = {}

    @initialize(kinds=st.lists(st.sampled_from(["", "CONDSTORE", "QRESYNC"]), min_size=2, max_size=2))
    def begin(self, kinds: list[str]) -> None:
        self.clients = [Client(wire, self.model, kind) for wire, kind in zip(self.wires, kinds, strict=False)]
        self.onlooker = Client(self.wires[2], self.model, "CONDSTORE")

    def teardown(self) -> None:
        for wire in self.wires:
            wire.close()

    def known(self, client: Client, chosen: list[int]) -> list[int]:
        """Some of the messages that the client knows of and that are there."""
        there = [uid for uid in client.uids if uid in self.model.flags]
        return sorted({there[pick % len(there)] for pick in chosen}) if there else []

    @rule(who=clients, flags=some_flags)
    def append(self, who: int, flags: set[str]) -> None:
        uid = self.model.add(flags)
        answer = self.clients[who].run(f"APPEND INBOX ({' '.join(flags)}) {{3+}}\r\nabc")[-1]
        assert f" {uid}]" in answer

    @rule(who=clients, chosen=picks, how=st.sampled_from(["+", "-", ""]), flags=some_flags, uid=st.booleans(),
          silent=st.booleans())  # fmt: skip
    def store(self, who: int, chosen: list[int], how: str, flags: set[str], uid: bool, silent: bool) -> None:
        client = self.clients[who]
        if uids := self.known(client, chosen):
            self.model.store(uids, how, flags)
            verb = f"{how}FLAGS{'.SILENT' * silent} ({' '.join(sorted(flags))})"
            places = uids if uid else [client.uids.index(one) + 1 for one in uids]
            client.run(f"{'UID ' * uid}STORE {','.join(map(str, places))} {verb}")
            if silent:  # a client that does not want to hear of it knows it already
                client.flags |= {one: self.model.flags[one] for one in uids if one in client.flags}

    @rule(who=clients, chosen=picks, flags=some_flags)
    def store_if_unchanged(self, who: int, chosen: list[int], flags: set[str]) -> None:
        client = self.clients[who]
        if uids := self.known(client, chosen):
            since = self.before[uids[0]][1]
            changed = [uid for uid in uids if self.before[uid][1] > since]
            self.model.store([uid for uid in uids if uid not in changed], "+", flags)
            verb = f"(UNCHANGEDSINCE {since}) +FLAGS ({' '.join(sorted(flags))})"
            answer = client.run(f"UID STORE {','.join(map(str, uids))} {verb}")[-1]
            told = re.search(r"\[MODIFIED ([\d,:]+)\]", answer)
            assert (numbers(told[1]) if told else []) == changed

    @rule(who=clients)
    def expunge(self, who: int) -> None:
        self.model.remove([uid for uid, flags in self.model.flags.items() if "\\Deleted" in flags])
        self.clients[who].run("EXPUNGE")

    @rule(who=clients, chosen=picks)
    def uid_expunge(self, who: int, chosen: list[int]) -> None:
        if uids := self.known(self.clients[who], chosen):
            self.model.remove([uid for uid in uids if "\\Deleted" in self.model.flags[uid]])
            self.clients[who].run(f"UID EXPUNGE {','.join(map(str, uids))}")

    @rule(who=clients, chosen=picks)
    def move(self, who: int, chosen: list[int]) -> None:
        if uids := self.known(self.clients[who], chosen):
            self.model.remove(uids)
            self.clients[who].run(f"UID MOVE {','.join(map(str, uids))} Archive")

    @rule(who=clients, chosen=picks)
    def copy(self, who: int, chosen: list[int]) -> None:
        if uids := self.known(self.clients[who], chosen):
            for uid in uids:
                self.model.add({*self.model.flags[uid]})
            self.clients[who].run(f"UID COPY {','.join(map(str, uids))} INBOX")

    @rule(who=clients, uid=st.booleans())
    def fetch(self, who: int, uid: bool) -> None:
        client = self.clients[who]
        if client.uids:
            known = {one for one in client.uids if one in self.model.flags}
            client.run(f"{'UID ' * uid}FETCH 1:* (UID FLAGS)")
            assert client.flags.keys() >= known

    @rule(who=clients, flag=st.sampled_from(["SEEN", "DELETED", "FLAGGED", "KEYWORD $Work", "KEYWORD other", "ALL"]),
          negated=st.booleans())  # fmt: skip
    def search(self, who: int, flag: str, negated: bool) -> None:
        client = self.clients[who]
        known = [uid for uid in client.uids if uid in self.model.flags]
        name = flag.removeprefix("KEYWORD ")
        wanted = name if name in FLAGS else f"\\{name.capitalize()}"
        matching = [uid for uid in known if (flag == "ALL" or wanted in self.model.flags[uid]) != negated]
        places = [client.uids.index(uid) + 1 for uid in matching]
        found = client.run(f"SEARCH {'NOT ' * negated}{flag}")[0].split()[2:]
        assert [*map(int, found)] == places

    @rule(who=clients, command=st.sampled_from(["NOOP", "CHECK"]))
    def ask_for_news(self, who: int, command: str) -> None:
        self.clients[who].run(command)
        self.clients[who].is_up_to_date()

    @rule(who=clients)
    def idle(self, who: int) -> None:
        client = self.clients[who]
        client.wire.socket.sendall(b"i IDLE\r\n")
        while not (line := client.wire.lines.readline()).startswith(b"+"):
            client.take([line.decode()], keeps_numbers=False)
        client.wire.socket.sendall(b"DONE\r\n")
        client.take([line.decode() for line in client.wire.answer(b"i")[:-1]], keeps_numbers=False)
        client.is_up_to_date()

    @rule(who=clients, command=st.sampled_from(["SELECT INBOX", "CLOSE"]))
    def leave_and_come_back(self, who: int, command: str) -> None:
        if command == "CLOSE":
            self.model.remove([uid for uid, flags in self.model.flags.items() if "\\Deleted" in flags])
            self.clients[who].wire.command(command)
        self.clients[who].select()

    @invariant()
    def the_onlooker_sees_the_model(self) -> None:
        if not hasattr(self, "onlooker"):
            return
        look = self.onlooker
        look.run("NOOP")
        if self.model.flags:
            look.run("UID FETCH 1:* (FLAGS MODSEQ)")
        look.is_up_to_date()
        now = {uid: (look.flags[uid], look.modseqs[uid]) for uid in look.uids}
        highest = max((modseq for _, modseq in self.before.values()), default=0)
        for uid, (flags, modseq) in now.items():
            old = self.before.get(uid)
            if old is None or old[0] != flags:
                assert modseq > (old[1] if old else highest), "a change has a mod-sequence of its own"
        self.before = now


def test_two_clients_hear_what_the_model_says(server: ReadingServer) -> None:
    """A failure is shrunk only when it was looked for, since every step is a round trip to a server."""
    phases = (Phase.generate, Phase.shrink) if FUZZING else (Phase.generate,)
    playing = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        phases=phases,
        deadline=None,
        suppress_health_check=[*HealthCheck],
    )
    run_state_machine_as_test(lambda: Sessions(server), settings=playing)  # type: ignore[no-untyped-call]
