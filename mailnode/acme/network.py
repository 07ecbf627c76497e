"""What is heard of an authority: bounded, in octets, requests and time, whatever it answers.

The ``acme`` package reads answers whole, and waits for as long as ``Retry-After`` says; not at all where that lies in
the past, so that it would ask again and again.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from acme.client import ClientNetwork
from josepy.jwk import JWKRSA
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

MAX_ANSWER = 1 << 20  # octets
MAX_REQUESTS = 1000  # of one order, which needs about ten and one for each second of waiting
SHORTEST, LONGEST = 1, 60  # seconds between two looks
READ = 1 << 16


class Network(ClientNetwork):
    """The package's, which raises requests.RequestException for whatever goes beyond the bounds. ``seconds`` are those
    of all requests together."""

    def __init__(self, key: JWKRSA, agent: str, trusted: str | bool, seconds: float) -> None:
        super().__init__(key, user_agent=agent, verify_ssl=trusted)  # type: ignore[arg-type]
        bounded = _Bounded(time.monotonic() + seconds)
        self.session.mount("http://", bounded)
        self.session.mount("https://", bounded)


class _Bounded(HTTPAdapter):
    def __init__(self, until: float) -> None:
        super().__init__()
        self._until = until
        self._left = MAX_REQUESTS

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        self._left -= 1
        if self._left < 0:
            raise requests.RequestException("The authority wants to be asked too often")
        answer = super().send(request, *args, **options | {"stream": True})
        try:
            answer._content = self._read(answer)
        except HTTPError as error:
            raise requests.ConnectionError(error) from error
        finally:
            answer.close()
        if "Retry-After" in answer.headers:
            answer.headers["Retry-After"] = str(waiting(answer.headers["Retry-After"], datetime.now(UTC)))
        return answer

    def _read(self, answer: requests.Response) -> bytes:
        content = bytearray()
        while piece := answer.raw.read1(READ, decode_content=True):
            content += piece
            if len(content) > MAX_ANSWER:
                raise requests.RequestException("The authority's answer is too long")
            if time.monotonic() > self._until:
                raise requests.Timeout("The authority did not come to an end in time")
        return bytes(content)


def waiting(said: str, now: datetime) -> int:
    """The seconds of a ``Retry-After`` (RFC 9110 §10.2.3), as many as we wait."""
    try:
        seconds = float(said) if said.strip().lstrip("-").isdecimal() else _until(said, now)
    except (ValueError, OverflowError):
        seconds = SHORTEST
    return int(min(max(seconds, SHORTEST), LONGEST))


def _until(said: str, now: datetime) -> float:
    when = parsedate_to_datetime(said)
    return (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds()
