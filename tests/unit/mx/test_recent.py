"""Recipients that were good a moment ago."""

from mailnode.mx.recent import Found, Recent
from mailnode.queue.outcome import Delivered, Failed

GOOD = Found(Delivered(), sender_is_local=False)
KEY = ("a@example.com", "remote.example")


def test_kept_for_a_moment_and_for_no_larger_message() -> None:
    recent = Recent(seconds=1.0)
    recent.put(KEY, 100, 5.0, GOOD)
    assert recent.get(KEY, 100, 5.9) is GOOD
    assert recent.get(KEY, 101, 5.9) is None
    assert recent.get(KEY, 100, 6.0) is None
    assert recent.get(("a@example.com", "other.example"), 1, 5.1) is None


def test_bad_news_and_other_domains_are_not_kept() -> None:
    recent = Recent()
    recent.put(KEY, 0, 5.0, Found(Failed("5.1.1", "No"), sender_is_local=False))
    assert recent.get(KEY, 0, 5.0) is None
    recent.put(KEY, 0, 5.0, Found(None, sender_is_local=False))
    assert recent.get(KEY, 0, 5.0) is None


def test_who_may_send_elsewhere_hears_that_again() -> None:
    recent, elsewhere = Recent(), Found(None, sender_is_local=True)
    recent.put(KEY, 0, 5.0, elsewhere, relays=True)
    assert recent.get(KEY, 0, 5.0) is elsewhere


def test_memory_is_bounded() -> None:
    recent = Recent(most=2)
    for number in range(5):
        recent.put((f"{number}@example.com", ""), 0, 5.0, GOOD)
    assert recent.get(("4@example.com", ""), 0, 5.1) is GOOD
    assert recent.get(("0@example.com", ""), 0, 5.1) is None
