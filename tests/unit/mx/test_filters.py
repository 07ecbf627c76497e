"""Port 25 with Debian's content filters behind it: what becomes of a stranger's message by their word."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mailnode.delivery import quarantine
from mailnode.history import finding
from mailnode.senderauth import dkim_keys
from tests.support import filters, signatures
from tests.support.ports import until
from tests.support.smtp_doors import SmtpDoors, Talk
from tests.support.strangers import KNOWN, letter, stranger_door

SPAM = letter(body=f"buy {filters.WORD}\r\n")
VIRUS = letter(body=filters.EICAR.decode() + "\r\n")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpDoors]:
    key = {"s._domainkey.example.test": dkim_keys.txt_value(signatures.pem("rsa"))}
    with ExitStack() as stack:
        milter = stack.enter_context(filters.opendkim(key, "mail.example.com"))
        asked = f"rspamd={stack.enter_context(filters.rspamd())}"
        asked += f" spamd={stack.enter_context(filters.spamd())} milter={milter}"
        asked += f" clamd={stack.enter_context(filters.clamd())}?action=quarantine"
        folder = tmp_path_factory.mktemp("mx")
        yield stack.enter_context(stranger_door(folder, senderauth=False, filters=asked))


def sent(door: SmtpDoors, content: bytes) -> str:
    with Talk(door.port, "mx.example.test", KNOWN) as talk:
        return talk.send("ann@plain.test", ["ann@example.com"], content)


def test_spam_goes_to_junk(door: SmtpDoors) -> None:
    assert sent(door, SPAM).startswith("250")
    (stored,) = door.inbox("ann", "Junk")
    assert b"rspamd=7.5" in stored
    assert b"\tspamd=7.5" in stored
    assert stored.index(b"X-Spamd-Result: default: False") < stored.index(b"Subject: ")
    assert sent(door, letter()).startswith("250")
    assert len(door.inbox("ann", "Junk")) == 1


def test_rspamd_refuses_in_the_session(door: SmtpDoors) -> None:
    before = door.inbox("ann", "Junk")
    assert sent(door, letter(body=filters.GTUBE.decode() + "\r\n")) == "550 5.7.1 Gtube pattern"
    assert door.inbox("ann", "Junk") == before


def test_a_virus_is_kept_back(door: SmtpDoors) -> None:
    before = door.inbox("ann")
    assert sent(door, VIRUS).startswith("250")
    assert door.inbox("ann") == before
    (kept,) = door.context.offload.read_now(lambda tx: quarantine.rows(tx, limit=10))
    assert (kept.rule, kept.reason) == ("clamd", "it holds Test.Eicar.UNOFFICIAL")


def test_a_milters_results_stand_above_what_was_sent_and_forged_ones_go(door: SmtpDoors) -> None:
    forged = b"Authentication-Results: mail.example.com; dkim=pass header.d=evil.test\r\n"
    assert sent(door, forged + signatures.signed(algorithm="rsa")).startswith("250")
    stored = door.inbox("ann")[-1]
    assert stored.count(b"Authentication-Results: mail.example.com") == 1
    assert stored.index(b"dkim=pass") < stored.index(b"DKIM-Signature")
    assert b"evil.test" not in stored


def test_a_milter_refuses_in_the_session(door: SmtpDoors) -> None:
    answer = sent(door, signatures.signed(algorithm="rsa") + b"One line more\r\n")
    assert answer.startswith("550 5.7.")


def test_a_filter_that_ends_lets_mail_pass_or_wait_as_is_set(tmp_path: Path) -> None:
    with ExitStack() as clam, ExitStack() as assassin:
        asked = f"spamd={assassin.enter_context(filters.spamd())}?on_failure=open"
        asked += f" clamd={clam.enter_context(filters.clamd())}?on_failure=closed"
        with stranger_door(tmp_path, senderauth=False, filters=asked) as door:
            assert sent(door, SPAM).startswith("250")
            assassin.close()
            assert sent(door, SPAM).startswith("250")
            clam.close()
            assert sent(door, letter()) == "451 4.7.1 A content filter cannot be asked at the moment; try again later"
            assert (len(door.inbox("ann", "Junk")), len(door.inbox("ann"))) == (1, 1)
            until(lambda: len(door.context.offload.read_now(finding.everything)) == 3)
            last, before, _ = door.context.offload.read_now(finding.everything)
            (failed,) = [one for one in before.detail.findings if "could not be asked" in one.text]
            assert (failed.rule, failed.action) == ("spamd", None)
            assert last.detail.findings[-1].rule == "clamd"
