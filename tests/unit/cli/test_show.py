"""Tables, sizes and progress."""

from __future__ import annotations

import io

import pytest

from mailnode.cli import show
from mailnode.cli.language import Text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_wide_characters_take_two_columns(capsys: pytest.CaptureFixture[str]) -> None:
    titles = {"a": Text("A", "甲"), "b": Text("B", "乙")}
    show.table([{"a": "例子", "b": 1}, {"a": "abcdef", "b": None}], titles, as_json=False)
    assert capsys.readouterr().out.splitlines() == ["A       B", "例子    1", "abcdef  -"]


@pytest.mark.parametrize("nothing", [None, "", []])
def test_what_is_not_there_looks_the_same_everywhere(
    nothing: str | list[str] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    show.facts({"a": nothing}, {"a": Text("A", "甲")}, as_json=False)
    assert capsys.readouterr().out == "A  -\n"


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (None, None),
        (0, "0 B"),
        (1023, "1023 B"),
        (1536, "1.5 KiB"),
        (10 * 1024**3, "10 GiB"),
        (5 * 1024**5, "5120 TiB"),
    ],
)
def test_sizes_as_people_read_them(octets: int | None, text: str | None) -> None:
    assert show.size(octets) == text


def test_progress_is_for_terminals_only() -> None:
    screen, file = Terminal(), io.StringIO()
    for stream in (screen, file):
        step = show.progress("Passwords", stream)
        step(1, 2)
        step(2, 2)
    assert screen.getvalue().endswith("2/2\n")
    assert file.getvalue() == ""


def test_every_sentence_has_the_same_facts_in_both_languages() -> None:
    import importlib
    import pkgutil
    import string

    import mailnode.cli

    found = 0
    for one in pkgutil.iter_modules(mailnode.cli.__path__):
        module = importlib.import_module(f"mailnode.cli.{one.name}")
        for value in vars(module).values():
            for text in value.values() if isinstance(value, dict) else [value]:
                if isinstance(text, Text):
                    found += 1
                    names = [
                        {part[1] for part in string.Formatter().parse(form)} - {None} for form in (text.en, text.zh)
                    ]
                    assert names[0] == names[1], text
    assert found > 30
