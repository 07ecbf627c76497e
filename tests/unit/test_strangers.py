"""The settings about strangers' mail."""

from __future__ import annotations

import pytest

from mailnode.findings import Action
from mailnode.settings import Settings
from mailnode.strangers import LIST_WEIGHT, DnsList, Rate, dns_lists, rates, weights


def test_weights_are_points_or_actions() -> None:
    assert weights("no_date=2.5, helo_is_us=-1 no_from=off\nspf_fail=reject") == {
        "no_date": 2.5,
        "helo_is_us": -1.0,
        "no_from": 0.0,
        "spf_fail": Action.REJECT,
    }
    assert Settings(checks={"no_date": 3, "spf_fail": "junk"}).checks == {"no_date": 3.0, "spf_fail": Action.JUNK}


def test_lists_are_written_as_for_postscreen() -> None:
    plain, some, good = dns_lists("a.test b.test=127.0.[0..1].[2;4..5]*2 c.test*-1.5")
    assert (plain, good.weight) == (DnsList("a.test", (), LIST_WEIGHT), -1.5)
    assert [some.counts(one) for one in ("127.0.0.2", "127.0.1.5", "127.0.0.3", "127.0.2.2", "10.0.0.2")] == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize("answer", ["127.255.255.252", "127.255.255.254", "192.0.2.1"])
def test_what_a_list_says_about_ourselves_does_not_count(answer: str) -> None:
    assert not DnsList("a.test").counts(answer)


def test_rates() -> None:
    assert rates("client:messages=3/h") == (Rate("client", "messages", 3, 3600),)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("checks", "no_such=1", "'no_such' is no check"),
        ("checks", "no_date=much", "'much' is no weight"),
        ("checks", "no_date=nan", "is no weight"),
        ("dns_lists", "a.test=127.0.0", "is no answer of a list"),
        ("dns_lists", "a.test=127.0.0.[2..x]", "is no answer of a list"),
        ("dns_lists", "a.test=127.0.0.256", "no stretch of numbers"),
        ("dns_lists", "a=b=c", "is no"),
        ("stranger_rates", "me:messages=1/m", "is no rate"),
    ],
)
def test_nonsense_is_refused(name: str, value: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Settings(**{name: value})  # type: ignore[arg-type]
