"""rspamd, spamd, clamd and opendkim as Debian has them, asked over their own protocols."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mailnode.findings import Action
from mailnode.senderauth import dkim_keys
from mailnode.spooled import Spooled
from tests.support import filters, signatures
from tests.unit.filters.asking import LETTER, scan, settings

PILLS = LETTER % b"buy cheap pills now"
HARMLESS = LETTER % b"see you at noon"
VIRUS = LETTER % filters.EICAR


@pytest.fixture(scope="module")
def places() -> Iterator[dict[str, str]]:
    """Where each of them listens."""
    key = {"s._domainkey.example.test": dkim_keys.txt_value(signatures.pem("rsa"))}
    with ExitStack() as stack:
        yield {
            "rspamd": stack.enter_context(filters.rspamd()),
            "spamd": stack.enter_context(filters.spamd()),
            "clamd": stack.enter_context(filters.clamd()),
            "milter": stack.enter_context(filters.opendkim(key, "mx.example.test")),
        }


def url(places: dict[str, str], kind: str, options: str = "") -> str:
    return f"{kind}={places[kind]}{options}"


def test_rspamd_sends_to_junk_and_says_why(places: dict[str, str]) -> None:
    bad, good = scan(settings(url(places, "rspamd")), PILLS, HARMLESS)
    assert (bad.findings[0].action, bad.findings[0].score) == (Action.JUNK, 8.0)
    assert bad.findings[0].text == "8.0 of 15.0 points, add header: TEST_WORD (7.5), TEST_ENVELOPE (0.5)"
    assert good.findings[0].action is None


def test_rspamd_adds_fields_and_takes_others_away(places: dict[str, str]) -> None:
    (found,) = scan(settings(url(places, "rspamd")), PILLS)
    assert found.fields.startswith(b"X-Spamd-Result: default: False [8.00 / 15.00];\r\n")
    assert found.content[:] == PILLS.replace(b"X-Evil: 1\r\n", b"")


def test_rspamd_refuses_in_its_own_words(places: dict[str, str]) -> None:
    (found,) = scan(settings(url(places, "rspamd")), LETTER % filters.GTUBE)
    assert found.findings[0].action is Action.REJECT
    assert str(found.reply) == "550 5.7.1 Gtube pattern"


def test_spamd_is_told_the_envelope(places: dict[str, str]) -> None:
    bad, good = scan(settings(url(places, "spamd")), PILLS, HARMLESS)
    assert (bad.findings[0].action, bad.findings[0].score) == (Action.JUNK, 9.2)
    assert bad.findings[0].text == "9.2 of 5.0 points: TEST_HELO, TEST_SENDER, TEST_WORD"
    assert (good.findings[0].action, good.content) == (None, HARMLESS)


def test_who_is_refused_for_spam_is_not_told_the_rules(places: dict[str, str]) -> None:
    (found,) = scan(settings(url(places, "spamd", "?action=reject")), PILLS)
    assert str(found.reply) == "550 5.7.1 A content filter takes the message for spam"


def test_clamd_refuses_a_virus_and_goes_on(places: dict[str, str]) -> None:
    found = scan(settings(url(places, "clamd")), HARMLESS, VIRUS, HARMLESS)
    assert [one.findings[0].action for one in found] == [None, Action.REJECT, None]
    assert found[1].findings[0].text == "it holds Test.Eicar.UNOFFICIAL"


def test_what_is_bad_may_go_elsewhere_by_the_settings(places: dict[str, str]) -> None:
    (found,) = scan(settings(url(places, "clamd", "?action=quarantine")), VIRUS)
    assert found.findings[0].action is Action.QUARANTINE


def test_a_large_message_is_shown_from_its_file(places: dict[str, str], tmp_path: Path) -> None:
    large = Spooled(tmp_path)
    large.write(LETTER % (b"line\r\n" * 250_000) + filters.EICAR)
    (found,) = scan(settings(url(places, "clamd")), large)
    assert found.findings[0].action is Action.REJECT


@pytest.mark.parametrize(("on_failure", "action"), [("open", None), ("closed", Action.DEFER)])
def test_a_message_that_clamd_finds_too_large(places: dict[str, str], on_failure: str, action: Action | None) -> None:
    """It ends the stream, and so the connection, in the middle."""
    large = LETTER % (b"line\r\n" * 500_000)
    first, second = scan(settings(url(places, "clamd", f"?on_failure={on_failure}")), large, VIRUS)
    assert (first.findings[0].action, second.findings[0].action) == (action, Action.REJECT)


def test_opendkim_verifies_and_its_word_stands_at_the_top(places: dict[str, str]) -> None:
    signed = signatures.signed(algorithm="rsa")
    first, second = scan(settings(url(places, "milter")), signed, signatures.LETTER)
    assert first.findings[0].action is None
    assert first.content[:] == signed
    assert first.fields.startswith(b"Authentication-Results: mx.example.test")
    assert b"dkim=pass" in first.fields
    assert b"dkim=none" in second.fields


def test_opendkim_refuses_what_was_changed_on_the_way(places: dict[str, str]) -> None:
    broken = signatures.signed(algorithm="rsa") + b"One line more\r\n"
    first, second = scan(settings(url(places, "milter")), broken, signatures.signed(algorithm="rsa"))
    assert first.findings[0].action is Action.REJECT
    assert first.reply is not None
    assert first.reply.permanent
    assert b"dkim=pass" in second.fields


def test_all_at_once(places: dict[str, str]) -> None:
    every = settings(*(url(places, kind) for kind in places))
    (found,) = scan(every, LETTER % (b"cheap pills " + filters.EICAR))
    actions = {one.rule: one.action for one in found.findings}
    assert actions == {"milter": None, "rspamd": Action.JUNK, "spamd": Action.JUNK, "clamd": Action.REJECT}
