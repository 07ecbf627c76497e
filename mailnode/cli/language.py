"""Sentences in the reader's language: Chinese where the locale says so, else English."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "zh"]


def language() -> Language:
    """Of LC_ALL, LC_MESSAGES and LANG the first that is set decides (POSIX XBD §8.2)."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages; ``{name}`` stands for a fact, the same in both."""

    en: str
    zh: str

    def __call__(self, **facts: object) -> str:
        return self.template.format(**facts)

    def __str__(self) -> str:
        return self.template

    @property
    def template(self) -> str:
        return self.zh if language() == "zh" else self.en
