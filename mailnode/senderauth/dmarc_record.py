"""DMARC policy records as values (RFC 9989 §4.7 and §4.8).

A record counts from ``v=DMARC1`` on; unknown tags and tags with values that are not allowed are passed over, so
nothing here raises. Of a tag that stands twice the first is taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Request = Literal["none", "quarantine", "reject"]
Alignment = Literal["relaxed", "strict"]
Suffix = Literal["yes", "no", "unknown"]

MAX_RECORD = 8192  # octets

_VERSION = re.compile(rb"v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")
_REQUESTS: dict[str, Request] = {"none": "none", "quarantine": "quarantine", "reject": "reject"}
_ALIGNMENTS: dict[str, Alignment] = {"r": "relaxed", "s": "strict"}
_SUFFIXES: dict[str, Suffix] = {"y": "yes", "n": "no", "u": "unknown"}
_SIZE = re.compile(r"![0-9]+[kmgt]?\Z", re.IGNORECASE)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!#-+\--:=?-~]+\Z")


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    """``request`` is p=, the others None where they are not there. ``reports`` and ``failures`` are URIs.

    ``usable`` False: p=, sp= or np= says something that is not allowed and nobody is named to report to, so the
    record asks for nothing (§4.10.1); with somebody named it counts as ``p=none``.
    """

    request: Request = "none"
    subdomains: Request | None = None
    nonexistent: Request | None = None
    dkim: Alignment = "relaxed"
    spf: Alignment = "relaxed"
    suffix: Suffix = "unknown"
    testing: bool = False
    reports: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    failure_options: str = "0"
    usable: bool = True


def chosen(texts: Sequence[bytes]) -> PolicyRecord | None:
    """The policy among the TXT records of one name: several are none (§4.10)."""
    found = [text for text in texts if _VERSION.match(text) and len(text) <= MAX_RECORD]
    return read(found[0]) if len(found) == 1 else None


@lru_cache(maxsize=2000)
def read(text: bytes) -> PolicyRecord:
    """The record in a text that begins with the version."""
    tags: dict[str, str] = {}
    for spec in text.decode("utf-8", "replace").split(";")[1:]:
        name, equals, value = spec.partition("=")
        if equals:
            tags.setdefault(name.strip().lower(), value.strip())
    requests = {name: _REQUESTS.get(tags[name].lower()) for name in ("p", "sp", "np") if name in tags}
    reports = _addresses(tags.get("rua", ""))
    broken = None in requests.values()
    if broken:
        requests = {}
    return PolicyRecord(
        requests.get("p") or "none",
        requests.get("sp"),
        requests.get("np"),
        _ALIGNMENTS.get(tags.get("adkim", "r").lower(), "relaxed"),
        _ALIGNMENTS.get(tags.get("aspf", "r").lower(), "relaxed"),
        _SUFFIXES.get(tags.get("psd", "u").lower(), "unknown"),
        tags.get("t", "n").lower() == "y",
        reports,
        _addresses(tags.get("ruf", "")),
        tags.get("fo", "0").lower(),
        not broken or bool(reports),
    )


def _addresses(value: str) -> tuple[str, ...]:
    """Report addresses; the size that older records put behind them is passed over."""
    listed = (_SIZE.sub("", part.strip()) for part in value.split(","))
    return tuple(part for part in listed if _ADDRESS.match(part))
