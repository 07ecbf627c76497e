"""Reading an ``/etc/aliases`` file, as Sendmail, Postfix and Exim share it (aliases(5)).

A logical line is ``name: target, target…``; lines that begin with a blank continue it; ``#`` begins a
comment line. Names and targets may be quoted; a backslash before a target (deliver here, expand no
further) means the same as none. Commands (``|…``), files (``/…``) and lists (``:include:…``) cannot be
taken: mail here never runs a program or writes a file. What is not taken is named by its line, the
rest is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from mailnode.directory import aliases, domains
from mailnode.errors import AddressTaken, MailError

_WORD = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*+)"|([^,"]*+))\s*(,|\Z)', re.DOTALL)
_NAME = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*+)"|([^\s:"]++))\s*:', re.DOTALL)
_PAIR = re.compile(r"\\(.)", re.DOTALL)

Fault = tuple[int, str]  # line number from 1, cause


@dataclass(frozen=True, slots=True)
class Entry:
    """One alias as it stands in the file; ``line`` is its first."""

    line: int
    name: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Content:
    entries: tuple[Entry, ...]
    not_taken: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many aliases were made, and what was left out, by line."""

    taken: int
    not_taken: tuple[Fault, ...]


def parse(content: bytes) -> Content:
    """Never raises: what is no alias line is named."""
    entries: list[Entry] = []
    faults: list[Fault] = []
    for line, text in _logical_lines(content.decode("utf-8-sig", "replace")):
        name = _NAME.match(text)
        if name is None:
            faults.append((line, "this is not name: target, target"))
            continue
        targets = []
        for target in _words(text[name.end() :]):
            cause = _refusal(target)
            if cause:
                faults.append((line, cause))
            elif target:
                targets.append(target)
        if targets:
            entries.append(Entry(line, _unquoted(name), tuple(targets)))
        elif not faults or faults[-1][0] != line:
            faults.append((line, "there is no target"))
    return Content(tuple(entries), tuple(faults))


def _logical_lines(text: str) -> list[tuple[int, str]]:
    found: list[tuple[int, list[str]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0] in " \t" and found:
            found[-1][1].append(line)
        else:
            found.append((number, [line]))
    return [(number, "\n".join(lines)) for number, lines in found]


def _words(text: str) -> list[str]:
    """The targets, without their quotes; text that cannot be read stays one word and is refused later."""
    words: list[str] = []
    at = 0
    while at < len(text):
        match = _WORD.match(text, at)
        if match is None:
            return [*words, text[at:].strip()]
        words.append(_unquoted(match))
        at = match.end()
    return words


def _unquoted(match: re.Match[str]) -> str:
    """A backslash quotes the next letter in both forms."""
    word = match[1] if match[1] is not None else match[2].strip()
    return _PAIR.sub(r"\1", word)


def _refusal(target: str) -> str | None:
    if target.startswith("|"):
        return f"programs are not run: {target}"
    if target.startswith("/"):
        return f"files are not written: {target}"
    if target.lower().startswith(":"):
        return f"lists in files are not read: {target}"
    return None


def load(tx: Session, content: Content, domain: str) -> Loaded:
    """Make the aliases; names without a domain belong to ``domain``. Raises NoSuchDomain.

    Each alias stands for itself: one that is refused is named and the others are made. An alias that
    is there already with the same targets counts as taken.
    """
    name = domains.domain(tx, domain).name
    taken = 0
    faults = list(content.not_taken)
    for entry in content.entries:
        targets = [_complete(target, name) for target in entry.targets]
        cause = _make(tx, _complete(entry.name, name), targets)
        if cause is None:
            taken += 1
        else:
            faults.append((entry.line, f"{entry.name}: {cause}"))
    return Loaded(taken, tuple(sorted(faults)))


def _complete(word: str, domain: str) -> str:
    return word if "@" in word else f"{word}@{domain}"


def _make(tx: Session, address: str, targets: Sequence[str]) -> str | None:
    """None when made, else the cause."""
    try:
        with tx.begin_nested():
            aliases.create_alias(tx, address, targets)
    except AddressTaken as error:
        try:
            same = aliases.alias(tx, address).targets == aliases.normal_targets(targets)
        except MailError:
            same = False
        return None if same else error.public
    except MailError as error:
        return error.public
    return None
