"""The restriction list: each rule by its name, the order, the switches, and no way to an open relay."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mailnode.mx.policy import RULES, Asked, Policy, Verdict
from mailnode.proto.address import Address
from mailnode.resolver import Answer, Mx, MxAnswer, NameAnswer, Resolver, Status
from mailnode.settings import RESTRICTIONS, Settings
from mailnode.smtpd.reception import Peer

MX_RECORDS = {
    "known.example": Answer(Status.FOUND, (Mx(10, "mx.known.example"),)),
    "null.example": Answer(Status.FOUND, (Mx(0, ""),)),
    "broken.example": Answer(Status.TEMPORARY),
    "implicit.example": Answer(Status.NO_RECORDS),
    "bare.example": Answer(Status.NO_RECORDS),
    "half.example": Answer(Status.NO_RECORDS),
}
ADDRESSES = {"implicit.example": Answer(Status.FOUND, ("192.0.2.9",)), "half.example": Answer(Status.TEMPORARY)}


class Zones(Resolver):
    """A resolver that knows the names above."""

    async def mx(self, name: str) -> MxAnswer:
        return MX_RECORDS.get(name, Answer(Status.NO_DOMAIN))

    async def a(self, name: str) -> NameAnswer:
        return ADDRESSES.get(name, Answer(Status.NO_RECORDS))

    async def aaaa(self, name: str) -> NameAnswer:
        return Answer(Status.NO_RECORDS)


STRANGER = Peer("203.0.113.5", hello="mx.known.example", extended=True)
HERE, THERE = Address("user", "example.com"), Address("user", "known.example")


def asked(peer: Peer = STRANGER, sender: str = "known.example", recipient: Address = HERE) -> Asked:
    return Asked(peer, Address("a", sender), recipient, sender == "example.com", recipient.domain == "example.com")


def policy_of(**settings: Any) -> Policy:
    return Policy(Settings(data_dir=Path("/nowhere"), hostname="mail.example.com", **settings), Zones(["192.0.2.1"]))


def verdict(question: Asked, **settings: Any) -> Verdict:
    return asyncio.run(policy_of(**settings).check(question))


def said(question: Asked, **settings: Any) -> str:
    reply = verdict(question, **settings).reply
    return str(reply).partition(":")[0] if reply else "taken"


def peer(**changes: Any) -> Peer:
    return replace(STRANGER, **changes)


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        (asked(), "taken"),
        (asked(sender="implicit.example"), "taken"),
        (asked(sender="example.com"), "taken"),
        (asked(sender="[192.0.2.1]"), "taken"),
        (replace(asked(), sender=None), "taken"),
        (asked(peer(hello="bad_name")), "501 5.5.2 reject_invalid_hostname"),
        (asked(peer(hello="[192.0.2")), "501 5.5.2 reject_invalid_hostname"),
        (asked(peer(hello="[203.0.113.5]")), "taken"),
        (asked(peer(hello="friend")), "504 5.5.2 reject_non_fqdn_hostname"),
        (asked(peer(hello="localhost")), "504 5.5.2 reject_non_fqdn_hostname"),
        (asked(sender="unknown.example"), "550 5.1.8 reject_unknown_sender_domain"),
        (asked(sender="bare.example"), "550 5.1.8 reject_unknown_sender_domain"),
        (asked(sender="null.example"), "550 5.7.27 reject_unknown_sender_domain"),
        (asked(sender="broken.example"), "450 4.1.8 reject_unknown_sender_domain"),
        (asked(sender="half.example"), "450 4.1.8 reject_unknown_sender_domain"),
        (asked(recipient=Address("u", "local")), "504 5.5.2 reject_non_fqdn_recipient"),
        (asked(recipient=Address("u", "unknown.example")), "550 5.1.2 reject_unknown_recipient_domain"),
        (asked(recipient=Address("u", "null.example")), "556 5.1.10 reject_unknown_recipient_domain"),
        (asked(recipient=Address("u", "broken.example")), "450 4.1.2 reject_unknown_recipient_domain"),
        (asked(peer(talked_early=True)), "503 5.5.0 reject_unauth_pipelining"),
        (asked(recipient=THERE), "554 5.7.1 reject_unauth_destination"),
        (asked(recipient=Address("u", "[192.0.2.7]")), "554 5.7.1 reject_unauth_destination"),
    ],
)
def test_each_rule_refuses_under_its_name(question: Asked, reply: str) -> None:
    assert said(question) == reply


def test_a_sender_without_dots() -> None:
    others = [name for name in RESTRICTIONS if name != "reject_unknown_sender_domain"]
    assert said(asked(sender="local"), smtpd_restrictions=others) == "504 5.5.2 reject_non_fqdn_sender"


@pytest.mark.parametrize(
    ("rule", "question"),
    [
        ("reject_invalid_hostname", asked(peer(hello="a..b"))),
        ("reject_non_fqdn_hostname", asked(peer(hello="friend"))),
        ("reject_unknown_sender_domain", asked(sender="unknown.example")),
        ("reject_unauth_pipelining", asked(peer(talked_early=True))),
    ],
)
def test_a_rule_left_out_is_not_asked(rule: str, question: Asked) -> None:
    assert said(question, smtpd_restrictions=[name for name in RESTRICTIONS if name != rule]) == "taken"


def test_permits_come_first_and_let_everything_pass() -> None:
    bad = asked(peer(hello="friend", talked_early=True), "unknown.example", THERE)
    assert verdict(bad, mynetworks="203.0.113.0/24") == Verdict("permit_mynetworks")
    assert verdict(replace(bad, peer=replace(bad.peer, user_id=1))) == Verdict("permit_sasl_authenticated")
    assert said(bad, mynetworks="203.0.114.0/24") != "taken"


def test_order_is_the_settings() -> None:
    early = asked(peer(hello="friend"), recipient=THERE)
    assert said(early) == "504 5.5.2 reject_non_fqdn_hostname"
    turned = ["reject_unauth_destination", "reject_non_fqdn_hostname"]
    assert said(early, smtpd_restrictions=turned) == "554 5.7.1 reject_unauth_destination"


@pytest.mark.parametrize("rules", [[], ["permit_sasl_authenticated"], ["permit_mynetworks"]])
def test_no_list_makes_an_open_relay(rules: list[str]) -> None:
    assert said(asked(recipient=THERE), smtpd_restrictions=rules) == "554 5.7.1 reject_unauth_destination"


def test_mynetworks_means_nothing_without_its_rule() -> None:
    rules = [name for name in RESTRICTIONS if name != "permit_mynetworks"]
    policy = policy_of(mynetworks="203.0.113.0/24", smtpd_restrictions=rules)
    assert not policy.trusts(STRANGER)
    assert policy.trusts(replace(STRANGER, user_id=1))


def test_ipv6_and_mapped_addresses_are_networks_too() -> None:
    policy = policy_of(mynetworks="2001:db8::/32 192.0.2.0/24")
    assert policy.in_mynetworks(peer(address="2001:db8::7"))
    assert policy.in_mynetworks(peer(address="::ffff:192.0.2.7"))
    assert not policy.in_mynetworks(peer(address="192.0.3.7"))
    assert not policy.in_mynetworks(peer(address=""))  # gone already


def test_early_commands_are_refused_at_data_too() -> None:
    policy = policy_of()
    refused = policy.early(peer(talked_early=True))
    assert refused is not None
    assert str(refused).startswith("503 5.5.0 reject_unauth_pipelining")
    assert policy.early(STRANGER) is None
    assert policy.early(peer(talked_early=True, user_id=1)) is None


def test_a_program_of_this_machine_may_say_the_machines_name() -> None:
    own = peer(address="127.0.0.1", hello="localhost")
    assert said(asked(own)) == "taken"
    assert said(asked(replace(own, hello="friend"))) == "504 5.5.2 reject_non_fqdn_hostname"


def test_dns_is_not_asked_about_this_machines_programs_unless_resolvers_are_named() -> None:
    own = asked(peer(address="127.0.0.1"), "unknown.example")
    assert said(own) == "taken"
    assert said(own, nameservers="192.0.2.1") == "550 5.1.8 reject_unknown_sender_domain"


def test_unknown_rule_names_are_told() -> None:
    with pytest.raises(ValueError, match="permit_everybody"):
        policy_of(smtpd_restrictions="permit_everybody")
    assert tuple(RULES) == RESTRICTIONS
