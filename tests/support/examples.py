"""How many examples the property tests try: few and always the same ones, or, to look for more, many and ever new ones.

``MAILNODE_FUZZ=1`` looks for more; ``make fuzz`` does so again and again.
"""

from __future__ import annotations

import os

from hypothesis import settings

FUZZING = os.environ.get("MAILNODE_FUZZ") == "1"
TIMES = 20 if FUZZING else 1


def examples(number: int) -> int:
    """For a test that says itself how many it tries."""
    return number * TIMES


def choose() -> None:
    """Hypothesis tries as many as are wanted, however long the machine takes for one."""
    settings.register_profile("tests", deadline=None, derandomize=True, max_examples=60)
    settings.register_profile("fuzz", deadline=None, print_blob=True, max_examples=2_000)
    settings.load_profile("fuzz" if FUZZING else "tests")
