"""Sentences in the reader's language: Chinese where the locale says so, else English."""

from __future__ import annotations

from dataclasses import dataclass

from mailnode.language import Language, language

__all__ = ["Language", "Text", "language"]


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages; ``{name}`` stands for a fact, the same in both.

    ``one`` is the English of a ``number`` that is 1, where it needs other words.
    """

    en: str
    zh: str
    one: str = ""

    def __call__(self, **facts: object) -> str:
        single = self.one and facts.get("number") == 1 and language() == "en"
        return (self.one if single else self.template).format(**facts)

    def __str__(self) -> str:
        return self.template

    @property
    def template(self) -> str:
        return self.zh if language() == "zh" else self.en
