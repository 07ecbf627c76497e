"""The language of whoever reads what a program prints: Chinese where the locale says so, else English."""

from __future__ import annotations

import os
from typing import Literal

Language = Literal["en", "zh"]


def language() -> Language:
    """Of LC_ALL, LC_MESSAGES and LANG the first that is set decides (POSIX XBD §8.2)."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"
