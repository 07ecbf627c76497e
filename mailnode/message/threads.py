"""Threads of messages: ORDEREDSUBJECT and REFERENCES (RFC 5256 §3).

Whatever the References fields say, a message has at most one parent and no circle is made. Chains longer than
``MAX_DEPTH`` are cut, which bounds the time that hostile references can take.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from mailnode.message.base_subject import base_subject
from mailnode.message.casemap import casemap

MAX_DEPTH = 500


@dataclass(frozen=True, slots=True)
class Threadable:
    """One message. ``sent`` is the moment in its Date field, else that of its arrival; ``references`` are ids, oldest
    first: those of References, else the first of In-Reply-To."""

    number: int
    sent: int
    subject: str
    message_id: str
    references: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Node:
    """A message in its thread, or (``message`` is None) a dummy: a parent that is not there."""

    message: Threadable | None = None
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)

    @property
    def first(self) -> Threadable:
        """The message by which the node is sorted and compared: a dummy's first child."""
        node = self
        while node.message is None:
            node = node.children[0]
        return node.message


def ordered_subject(messages: Iterable[Threadable]) -> list[Node]:
    """One thread for each base subject, everything in it below its first message."""
    keyed = [(casemap(base_subject(message.subject)[0]), message) for message in messages]
    keyed.sort(key=lambda pair: (pair[0], *_when(pair[1])))
    threads = []
    for _, group in groupby(keyed, key=lambda pair: pair[0]):
        first, *others = (Node(message) for _, message in group)
        first.children = others
        threads.append(first)
    return sorted(threads, key=lambda node: _when(node.first))


def by_references(messages: Sequence[Threadable]) -> list[Node]:
    nodes = _linked(messages)
    root = Node(children=[node for node in nodes if node.parent is None])
    _prune(root)
    root.children.sort(key=lambda node: _when(node.first))
    return _sorted(_merged(root.children))


def _when(message: Threadable) -> tuple[int, int]:
    return message.sent, message.number


def _linked(messages: Sequence[Threadable]) -> list[Node]:
    """RFC 5256 §3, REFERENCES, step 1: parents by message ids."""
    by_id: dict[str, Node] = {}
    extra: list[Node] = []
    for message in messages:
        node = by_id.get(message.message_id) if message.message_id else None
        if not message.message_id or (node is not None and node.message is not None):
            node = Node()  # no id, or one that another message has
            extra.append(node)
        elif node is None:
            node = by_id[message.message_id] = Node()
        node.message = message
        above = [by_id.setdefault(each, Node()) for each in message.references]
        for parent, child in pairwise(above):
            if child.parent is None:
                _link(parent, child)
        node.parent = None  # what others said of it may come from a References field that was cut
        if above:
            _link(above[-1], node)
    nodes = [*by_id.values(), *extra]
    for node in nodes:
        if node.parent is not None:
            node.parent.children.append(node)
    return nodes


def _link(parent: Node, child: Node) -> None:
    above: Node | None = parent
    for _ in range(MAX_DEPTH):
        if above is None:
            child.parent = parent
            return
        if above is child:
            return
        above = above.parent


def _prune(root: Node) -> None:
    """Step 3: dummies go, and their children take their place; at the top only where that is one."""
    order = [root]
    for node in order:
        order += node.children
    for node in reversed(order):
        kept: list[Node] = []
        for child in node.children:
            if child.message is not None or (node is root and len(child.children) > 1):
                kept.append(child)
            else:
                kept += child.children
        kept.sort(key=lambda child: _when(child.first))
        node.children = kept


def _merged(threads: list[Node]) -> list[Node]:
    """Step 5: threads of one base subject together."""
    subjects = {id(node): base_subject(node.first.subject) for node in threads}
    table: dict[str, Node] = {}
    for node in threads:
        subject, marked = subjects[id(node)]
        key = casemap(subject)
        other = table.get(key)
        if key and (
            other is None
            or (other.message is not None and (node.message is None or (subjects[id(other)][1] and not marked)))
        ):
            table[key] = node
    kept = {id(node): node for node in threads}
    for node in threads:
        subject, marked = subjects[id(node)]
        other = table.get(casemap(subject))
        if not subject or other is None or other is node:
            continue
        del kept[id(node)]
        if other.message is None:
            other.children += node.children if node.message is None else [node]
        elif marked and not subjects[id(other)][1]:
            other.children.append(node)
        else:
            both = Node(children=[other, node])
            subjects[id(both)] = subjects[id(other)]
            del kept[id(other)]
            kept[id(both)] = table[casemap(subject)] = both
    return [*kept.values()]


def _sorted(threads: list[Node]) -> list[Node]:
    """Step 6: by date, on every level; children first, since a dummy's date is that of its first child."""
    order = [*threads]
    for node in order:
        order += node.children
    for node in reversed(order):
        node.children.sort(key=lambda child: _when(child.first))
    return sorted(threads, key=lambda node: _when(node.first))


def printed(threads: Iterable[Node]) -> bytes:
    """RFC 5256 §5: ``(2)(3 6 (4 23)(44 7 96))``."""
    pieces: list[bytes] = []
    stack: list[Node | bytes] = []
    for thread in threads:
        stack = [b")", thread, b"("]
        while stack:
            node = stack.pop()
            if isinstance(node, bytes):
                pieces.append(node)
                continue
            if node.message is not None:
                pieces.append(b"%d" % node.message.number)
                if node.children:
                    pieces.append(b" ")
            if len(node.children) == 1:
                stack.append(node.children[0])
                continue
            for child in reversed(node.children):
                stack += [b")", child, b"("]
    return b"".join(pieces)
