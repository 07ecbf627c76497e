"""A DNS that is a dictionary: what `mailnode.senderauth` asks, answered from a table of records."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from mailnode.resolver import Answer, Mx, MxAnswer, NameAnswer, Status, TextAnswer, reverse_name

TIMEOUT = "TIMEOUT"
MAX_CHAIN = 8

Records = Mapping[str, Sequence[Any]]
"""By kind: ``{"A": ["192.0.2.1"], "TXT": [b"v=spf1 -all"], "MX": [(10, "mx.example")]}``; TIMEOUT for a failure."""


class Zones:
    """Names in lower case without a final dot. Counts its questions."""

    def __init__(self, names: Mapping[str, Records]) -> None:
        self.names = {name.lower().removesuffix("."): records for name, records in names.items()}
        self.asked: list[tuple[str, str]] = []

    def kept(self, _name: str, _kind: str) -> None:
        """Every question is asked."""

    async def a(self, name: str) -> NameAnswer:
        return self._answer(name, "A")

    async def aaaa(self, name: str) -> NameAnswer:
        return self._answer(name, "AAAA")

    async def txt(self, name: str) -> TextAnswer:
        answer: TextAnswer = self._answer(name, "TXT")
        octets = tuple(one.encode() if isinstance(one, str) else one for one in answer.records)
        return Answer(answer.status, octets, answer.canonical)

    async def mx(self, name: str) -> MxAnswer:
        answer: Answer[tuple[int, str]] = self._answer(name, "MX")
        return Answer(answer.status, tuple(Mx(*one) for one in answer.records), answer.canonical)

    async def ptr(self, address: str) -> NameAnswer:
        return self._answer(reverse_name(str(ipaddress.ip_address(address))), "PTR")

    def _answer(self, name: str, kind: str) -> Answer[Any]:
        self.asked.append((name, kind))
        for _ in range(MAX_CHAIN):
            records = self.names.get(name.lower().removesuffix("."))
            if records is None:
                return Answer(Status.NO_DOMAIN)
            found = records.get(kind, ())
            if TIMEOUT in found:
                return Answer(Status.TEMPORARY)
            if found:
                return Answer(Status.FOUND, tuple(found), name)
            if "CNAME" not in records:
                return Answer(Status.NO_RECORDS, (), name)
            name = records["CNAME"][0]
        return Answer(Status.TEMPORARY)
