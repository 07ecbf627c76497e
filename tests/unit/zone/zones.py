"""A plan with everything in it."""

from __future__ import annotations

from datetime import UTC, datetime

from mailnode.senderauth import dkim_keys
from mailnode.zone.plan import DkimRecord, Plan

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PORTS = (("imaps", 993), ("imap", 143), ("submissions", 465), ("submission", 587))
PLAN = Plan(
    domain="example.com",
    hostname="mail.example.com",
    addresses=("192.0.2.1", "2001:db8::1"),
    keys=tuple(DkimRecord(f"{name}202611", dkim_keys.txt_value(dkim_keys.make(name))) for name in dkim_keys.ALGORITHMS),
    ports=PORTS,
)
