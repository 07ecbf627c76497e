"""A script's client of the REST API: bearer token, JSON in and out, nothing but the standard library."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from tests.support.node import PASSWORD, Node


class Api:
    """``Api(node, "anna@a.test").get("/mailboxes")``; what is not 2xx raises urllib.error.HTTPError."""

    def __init__(self, node: Node, user: str, password: str = PASSWORD) -> None:
        self._url = f"{node.url}/api/v1"
        self.token = ""
        self.token = self.post("/sessions", name=user, password=password)["access_token"]

    def get(self, path: str) -> Any:
        return json.loads(self.raw("GET", path))

    def post(self, path: str, **members: Any) -> Any:
        return json.loads(self.raw("POST", path, json.dumps(members).encode()) or b"null")

    def raw(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> bytes:
        headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        request = urllib.request.Request(f"{self._url}{path}", body, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return bytes(answer.read())

    def opened(self, path: str) -> Any:
        """An answer that is read piece by piece."""
        request = urllib.request.Request(f"{self._url}{path}", headers={"Authorization": f"Bearer {self.token}"})
        return urllib.request.urlopen(request, timeout=60)

    def inbox(self) -> list[dict[str, Any]]:
        """The rows of INBOX, newest first."""
        [inbox] = [box for box in self.get("/mailboxes")["items"] if box["special_use"] == "inbox"]
        found: list[dict[str, Any]] = self.get(f"/messages?mailbox={inbox['id']}&limit=100")["items"]
        return found
