"""What the tests need from the machine, and where it is found.

On a developer's machine a missing program skips the test and names the ``apt-get`` line; with
``CI=true`` it is a failure, so that a run cannot be green because something was absent.
"""

from __future__ import annotations

import glob
import os
import shutil

import pytest

from tests.support.install import PACKAGES, line

PLACES = ("/usr/sbin", "/sbin", "/usr/lib/postfix/sbin", "/usr/lib/dovecot")


def find(program: str) -> str | None:
    """The path of an installed program, or None. PostgreSQL's lie in a folder per version."""
    found = shutil.which(program) or shutil.which(program, path=os.pathsep.join(PLACES))
    if found is None:
        versions = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{program}"))
        found = versions[-1] if versions else None
    return found


def program(name: str) -> str:
    """The path of a program that the test cannot do without."""
    found = find(name)
    if found is None:
        sentence = f"{name} is missing: {line([*PACKAGES])}"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return found
