"""MTA-STS as its authors wrote it: the TXT record and the policy's text, read into values (RFC 8461 §3).

Pure: bytes in, values out. Whoever fetches and keeps them is in ``sts.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

MAX_POLICY = 64 * 1024  # octets of its text: RFC 8461 §3.3
MAX_AGE = 31_557_600  # seconds: RFC 8461 §3.2
MAX_HOSTS = 100

Mode = Literal["enforce", "testing", "none"]
_RECORD = re.compile(rb"v=STSv1(?:[ \t]*;[ \t]*(.*))?", re.DOTALL)
_ID = re.compile(rb"id=([0-9A-Za-z]{1,32})")
_LINE = re.compile(r"[ \t]*([A-Za-z0-9][A-Za-z0-9_.-]{0,31})[ \t]*:(.*)")
_PATTERN = re.compile(r"(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")


class BadPolicy(ValueError):
    """The text is no policy; ``str(error)`` says what is wrong."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Which hosts may take a domain's mail. ``hosts`` are names in lower case, or ``*.`` and a name."""

    mode: Mode
    max_age: int
    hosts: tuple[str, ...] = ()

    def allows(self, host: str) -> bool:
        """A wildcard stands for one label, the leftmost (RFC 8461 §4.1)."""
        name = host.rstrip(".").lower()
        return name in self.hosts or f"*.{name.partition('.')[2]}" in self.hosts

    def lines(self) -> tuple[str, ...]:
        """The policy in its own words, as reports quote it (RFC 8460 §4.4)."""
        hosts = (f"mx: {host}" for host in self.hosts)
        return ("version: STSv1", f"mode: {self.mode}", *hosts, f"max_age: {self.max_age}")


def policy_id(records: Iterable[bytes]) -> str | None:
    """The id in the TXT records of ``_mta-sts.DOMAIN``; None where there is none, or more than one record."""
    found = [match for match in map(_RECORD.fullmatch, records) if match]
    if len(found) != 1:
        return None
    for part in (found[0][1] or b"").split(b";"):
        match = _ID.fullmatch(part.strip(b" \t"))
        if match:
            return match[1].decode("ascii")
    return None


def parse(text: bytes) -> Policy:
    """Read a policy. Of keys that may stand once the first counts; unknown ones are passed over. Raises BadPolicy."""
    if len(text) > MAX_POLICY:
        raise BadPolicy("The policy is too long")
    fields: dict[str, str] = {}
    hosts: list[str] = []
    for line in text.decode("utf-8", "replace").replace("\r\n", "\n").split("\n"):
        match = _LINE.fullmatch(line)
        if match and match[1] == "mx":
            hosts.append(_host(match[2].strip(" \t")))
        elif match:
            fields.setdefault(match[1], match[2].strip(" \t"))
        elif line.strip():
            raise BadPolicy("A line is not a key and a value")
    if fields.get("version") != "STSv1":
        raise BadPolicy("The version is not STSv1")
    mode = fields.get("mode")
    if mode not in ("enforce", "testing", "none"):
        raise BadPolicy("The mode is none of enforce, testing and none")
    if (not hosts and mode != "none") or len(hosts) > MAX_HOSTS:
        raise BadPolicy("The policy names no host, or too many")
    return Policy(mode, _age(fields.get("max_age", "")), tuple(hosts))  # type: ignore[arg-type]


def _host(text: str) -> str:
    name = text.rstrip(".").lower()
    if len(name) > 255 or not _PATTERN.fullmatch(name):
        raise BadPolicy("An mx is not a host's name")
    return name


def _age(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise BadPolicy("The max_age is not a number of seconds")
    return min(int(text), MAX_AGE)
