"""IMAP work on one mailbox, operation by operation, side by side with Dovecot.

Both sides are asked in turn in each round, and the ratio is the median of the rounds' ratios. Before that both were
asked once for everything, so that neither reads what the other has ready.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

from tests.bench import served
from tests.bench.dovecot import Dovecot
from tests.bench.figures import Figure, Group, rate, span
from tests.bench.imap_client import ImapClient
from tests.bench.large_mailbox import fill
from tests.bench.mail import sample
from tests.bench.progress import Progress
from tests.support.node import PASSWORD

COPIED = 1000
WARM = ("FETCH 1:* (UID FLAGS RFC822.SIZE ENVELOPE BODYSTRUCTURE)", "FETCH 1:* (BODY.PEEK[HEADER.FIELDS (FROM)])")


def operations(count: int) -> list[tuple[str, str]]:
    return [
        ("SELECT", "SELECT INBOX"),
        ("FETCH UID FLAGS", "FETCH 1:* (UID FLAGS)"),
        ("FETCH ENVELOPE BODYSTRUCTURE", "FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"),
        ("FETCH 4 header fields", "FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE)])"),
        ("FETCH 2,000 messages", "FETCH 1:2000 (UID BODY.PEEK[])"),
        ("SEARCH FROM", 'SEARCH FROM "s42@"'),
        ("SEARCH SUBJECT", 'SEARCH SUBJECT "Report 77"'),
        ("SEARCH BODY, some found", 'SEARCH BODY "w00042"'),
        ("SEARCH TEXT, none found", 'SEARCH TEXT "zzznone"'),
        ("SEARCH UNSEEN SINCE", "SEARCH UNSEEN SINCE 1-Jan-2023"),
        ("STORE +FLAGS on all", "STORE 1:* +FLAGS (\\Seen)"),
        ("STORE -FLAGS on all", "STORE 1:* -FLAGS (\\Seen)"),
        ("COPY 1,000", f"COPY 1:{COPIED} INBOX"),
        ("STORE \\Deleted on 1,000", f"STORE {count + 1}:* +FLAGS.SILENT (\\Deleted)"),
        ("EXPUNGE 1,000", "EXPUNGE"),
    ]


def appended_one_by_one(count: int, rounds: int) -> Group:
    """With a mailbox that both clients fill by APPEND."""
    with served.served() as node, Dovecot(PASSWORD) as peer:
        sides = _sides(node.ports["imap"], peer)
        with Progress("APPEND", 2 * count) as bar:
            ours, theirs = (_append(side, count, bar) for side in sides)
        append = Figure("APPEND one by one", rate(ours), rate(theirs), ours / theirs)
        with served.store(node) as engine:
            served.wait_for_index(engine, served.user_id(engine, served.address(1)))
        figures = _compare(sides, count, rounds)
    return Group(f"IMAP, a mailbox of {count:,} messages", "Dovecot", _note(rounds), [append, *figures])


def filled_at_once(count: int, rounds: int) -> Group:
    """With a mailbox that was there before."""
    with served.made() as node, Dovecot(PASSWORD) as peer:
        peer.fill("u1", count)
        with served.store(node) as engine:
            user = served.user_id(engine, served.address(1))
            with Progress("Mailnode's mailbox", count) as bar:
                fill(engine, user, "INBOX", count, distinct=count, step=bar.step)
            served.index_now(engine, user)
        with served.running(node):
            figures = _compare(_sides(node.ports["imap"], peer), count, rounds)
    return Group(f"IMAP, a mailbox of {count:,} messages", "Dovecot", _note(rounds), figures)


def _note(rounds: int) -> str:
    return f"4 KB messages, one connection, {rounds} rounds"


def _sides(port: int, peer: Dovecot) -> tuple[ImapClient, ImapClient]:
    return ImapClient(port, served.address(1), PASSWORD), ImapClient(peer.port, "u1", PASSWORD)


def _append(side: ImapClient, count: int, bar: Progress) -> float:
    """Messages a second."""
    mails = (sample(number) for number in range(count))
    spent = 0.0
    for raw in mails:
        start = time.perf_counter()
        side.append("INBOX", raw)
        spent += time.perf_counter() - start
        bar.step()
    return count / spent


def _compare(sides: Sequence[ImapClient], count: int, rounds: int) -> list[Figure]:
    for side in sides:
        side.run("SELECT INBOX")
        for command in WARM:
            side.run(command)
    asked = operations(count)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name, _ in asked}
    with Progress(f"IMAP, {count:,} messages", rounds * len(asked)) as bar:
        for _ in range(rounds):
            for name, command in asked:
                times[name].append((sides[0].timed(command), sides[1].timed(command)))
                bar.step()
    for side in sides:
        side.close()
    return [_figure(name, pairs) for name, pairs in times.items()]


def _figure(name: str, pairs: Sequence[tuple[float, float]]) -> Figure:
    ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    return Figure(name, span(ours), span(theirs), statistics.median(theirs / ours for ours, theirs in pairs))
