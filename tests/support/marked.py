"""A letter from anna to bert that is known again by a word which no other holds."""

from __future__ import annotations

from tests.support import ports
from tests.support.node import Node

ANNA = "anna@example.test"
BERT = "bert@example.test"


def message(mark: str) -> str:
    return f"From: {ANNA}\nTo: {BERT}\nSubject: {mark}\n\nBody of {mark}\n"


def arrived(node: Node, mark: str, at: str = BERT) -> bool:
    ports.until(lambda: any(mark.encode() in found for found in node.messages(at)), what=f"{mark} arrived")
    return True


def brought(node: Node, mark: str) -> None:
    """Send it, without a program of anybody's."""
    node.submit(ANNA, [BERT], message(mark).replace("\n", "\r\n").encode())
    arrived(node, mark)
