"""DKIM keys that renew themselves, with a real bind9 as the DNS that people enter records into."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import uvloop

from mailnode.database import utcnow
from mailnode.directory import dkim_rotation, domains, edit
from mailnode.directory.models import DkimKey
from mailnode.dispatch.rotation import Rotation
from mailnode.offload import Offload
from mailnode.queue import edit as queue
from mailnode.resolver import Resolver
from mailnode.store import bodies
from mailnode.zone.zone_file import txt_strings
from tests.support.bind9 import Named
from tests.support.store import Store

HEAD = (
    "$TTL 60\n@ IN SOA ns.example.com. root.example.com. (1 60 60 60 1)\n@ IN NS ns.example.com.\nns IN A 127.0.0.1\n"
)


def aged(store: Store) -> None:
    """example.com, whose keys are 100 days old."""
    with store.write() as tx:
        domains.create_domain(tx, "example.com", now=utcnow() - timedelta(days=100))


def round_with(store: Store, zone: str, days: int, nodes: int = 1) -> None:
    """One round of each node, all at the same time."""

    async def go() -> None:
        offloads = [Offload(store.engine) for _ in range(nodes)]
        resolver = Resolver([named.address])
        try:
            await asyncio.gather(*(Rotation(one, resolver, days, "mail.example.com").round() for one in offloads))
        finally:
            for offload in offloads:
                offload.close()

    with Named({"example.com": HEAD + zone}) as named:
        uvloop.run(go())


def states(store: Store) -> dict[str, list[str]]:
    """Algorithms by state."""
    found: dict[str, list[str]] = {}
    with store.read() as tx:
        for key in dkim_rotation.published(tx, "example.com"):
            found.setdefault(key.state, []).append(key.algorithm)
    return found


def entered(store: Store, *algorithms: str) -> str:
    """The records of coming keys, as lines of a zone file."""
    with store.read() as tx:
        wanted = [one for one in dkim_rotation.awaited(tx) if one.algorithm in algorithms]
    return "".join(f"{one.name}. IN TXT {txt_strings(one.value)}\n" for one in wanted)


def test_a_new_key_signs_once_the_dns_has_it(sqlite_store: Store) -> None:
    aged(sqlite_store)
    round_with(sqlite_store, "", days=90)
    both = ["rsa", "ed25519"]
    assert states(sqlite_store) == {"active": both, "coming": both}
    round_with(sqlite_store, entered(sqlite_store, "rsa"), days=90)
    assert states(sqlite_store) == {"active": both, "coming": ["ed25519"], "retired": ["rsa"]}
    round_with(sqlite_store, entered(sqlite_store, "ed25519"), days=90)
    assert states(sqlite_store) == {"active": both, "retired": both}


def test_administrators_are_told_once_which_records_to_enter(store: Store) -> None:
    aged(store)
    with store.write() as tx:
        edit.create_user(tx, "root@example.com", password_hash="x", administrator=True)
        edit.create_user(tx, "anna@example.com", password_hash="x")
    for _ in range(2):
        round_with(store, "", days=90, nodes=2)
    with store.read() as tx:
        (notice,) = queue.rows(tx)
        raw = bodies.read(tx, queue.show(tx, notice.id).blob_id)
        coming = dkim_rotation.awaited(tx)
    message = message_from_bytes(raw, policy=default)
    assert message["To"] == "root@example.com"
    assert message["Subject"].endswith("New DKIM keys for example.com wait for their DNS records")
    assert len(coming) == 2
    text = message.get_content()
    assert all(one.name in text and one.value in text for one in coming)


def test_another_key_in_its_place_is_not_enough(sqlite_store: Store) -> None:
    aged(sqlite_store)
    with sqlite_store.write() as tx:
        tx.query(DkimKey).filter_by(algorithm="ed25519").update({"state": "coming"})
    right = entered(sqlite_store, "ed25519")
    round_with(sqlite_store, right.replace("p=", "p=AAAA"), days=0)
    assert states(sqlite_store)["coming"] == ["ed25519"]
    round_with(sqlite_store, right + right.replace("p=", "p=AAAA"), days=0)
    assert states(sqlite_store)["coming"] == ["ed25519"]


def test_nothing_is_made_unless_that_is_set(sqlite_store: Store) -> None:
    aged(sqlite_store)
    round_with(sqlite_store, "", days=0)
    assert "coming" not in states(sqlite_store)
