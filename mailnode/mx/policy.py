"""The classic restriction list: who may send what to whom, rule after rule, in the order of the setting.

The list runs at every RCPT, when the client's name, the sender and the recipient are all known. The
first rule with an opinion decides: a ``permit_`` lets the recipient pass and makes the client trusted,
a ``reject_`` refuses, with its own name in the reply and in the log. A rule left out of
``smtpd_restrictions`` is not asked.

Whatever the list says, mail for other domains is taken only from the trusted: without
``reject_unauth_destination`` the same refusal comes at the end. There is no setting for an open relay.

Two clients on this very machine are let pass: one that says the machine's own name, which need not be
fully qualified, and, where no resolvers are named in the settings, one whose domains the DNS does not
know -- a machine that is being set up often has no DNS that knows anything.

RFC 5321 §3.6, §4.1.1.1, §7.8; RFC 7505 §4.2 (null MX); RFC 2920 §3.1.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mailnode.peers import is_loopback, is_within
from mailnode.proto.address import Address, parse_domain
from mailnode.proto.replies import Refused, Reply
from mailnode.resolver import Status
from mailnode.senderauth.lookup import Lookup
from mailnode.settings import Settings
from mailnode.smtpd.reception import Peer


@dataclass(frozen=True, slots=True)
class Asked:
    """One recipient about to be decided. ``..._is_local``: the domain is one of ours."""

    peer: Peer
    sender: Address | None
    recipient: Address
    sender_is_local: bool
    recipient_is_local: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the list said; ``reply`` None: the recipient may be taken. ``rule`` is the one that decided."""

    rule: str
    reply: Reply | None = None


PERMIT = Reply(250, "", "")  # a rule's way of saying yes; never sent

Rule = Callable[["Policy", Asked], Reply | Awaitable[Reply | None] | None]  # it waits only where it asks the DNS


class Policy:
    """The list of one door."""

    def __init__(self, settings: Settings, resolver: Lookup) -> None:
        self.settings = settings
        self.resolver = resolver
        self._own_names = {"localhost", socket.gethostname().lower(), settings.hostname.lower()}
        self._rules = [(name, RULES[name]) for name in settings.smtpd_restrictions]
        self._permits_networks = "permit_mynetworks" in settings.smtpd_restrictions
        self._permits_users = "permit_sasl_authenticated" in settings.smtpd_restrictions

    async def check(self, asked: Asked, seen: list[tuple[str, Reply | None]] | None = None) -> Verdict:
        """Run the list. ``seen`` takes what each rule that was asked has said."""
        for name, rule in self._rules:
            reply = rule(self, asked)
            if reply is not None and not isinstance(reply, Reply):
                reply = await reply
            if seen is not None:
                seen.append((name, reply))
            if reply is PERMIT:
                return Verdict(name)
            if reply is not None:
                return Verdict(name, _named(name, reply))
        if not asked.recipient_is_local:
            name = "reject_unauth_destination"
            return Verdict(name, _named(name, _RELAY_DENIED))
        return Verdict("")

    def trusts(self, peer: Peer) -> bool:
        """Whether a permit rule of the list lets this client relay."""
        return (self._permits_networks and self.in_mynetworks(peer)) or (
            self._permits_users and peer.user_id is not None
        )

    def early(self, peer: Peer) -> Reply | None:
        """The pipelining rule for DATA, which comes behind the last RCPT."""
        name = "reject_unauth_pipelining"
        if name in self.settings.smtpd_restrictions and peer.talked_early and not self.trusts(peer):
            return _named(name, _TOO_EARLY)
        return None

    def is_ours(self, peer: Peer) -> bool:
        """Whether the client is no stranger: a program on this machine, a trusted network, somebody logged in."""
        return peer.user_id is not None or is_loopback(peer.address) or self.in_mynetworks(peer)

    def in_mynetworks(self, peer: Peer) -> bool:
        return is_within(peer.address, self.settings.mynetworks)

    def is_own_program(self, peer: Peer) -> bool:
        """A client on this machine that says the machine's name."""
        return peer.hello.lower() in self._own_names and is_loopback(peer.address)

    def asks_dns_about(self, peer: Peer) -> bool:
        return bool(self.settings.nameservers) or not is_loopback(peer.address)

    async def domain_state(self, domain: str) -> Status:
        """FOUND when mail can be sent to the domain; NO_RECORDS for a null MX (RFC 7505)."""
        mx = await self.resolver.mx(domain)
        if mx.found:
            null = len(mx.records) == 1 and mx.records[0].host == ""
            return Status.NO_RECORDS if null else Status.FOUND
        if mx.status is not Status.NO_RECORDS:
            return mx.status
        temporary = False
        for ask in (self.resolver.a, self.resolver.aaaa):  # an implicit MX: RFC 5321 §5.1
            answer = await ask(domain)
            if answer.found:
                return Status.FOUND
            temporary = temporary or answer.temporary
        return Status.TEMPORARY if temporary else Status.NO_DOMAIN


_RELAY_DENIED = Reply(554, "5.7.1", "Relay access denied: the recipient does not live here, and you are not logged in")
_TOO_EARLY = Reply(503, "5.5.0", "Commands were sent before they were due")
_NOT_FULL_NAME = Reply(504, "5.5.2", "The name in EHLO is not fully qualified")


def _named(rule: str, reply: Reply) -> Reply:
    return Reply(reply.code, reply.status, f"{rule}: {reply.text}")


def permit_mynetworks(policy: Policy, asked: Asked) -> Reply | None:
    return PERMIT if policy.in_mynetworks(asked.peer) else None


def permit_sasl_authenticated(_policy: Policy, asked: Asked) -> Reply | None:
    return PERMIT if asked.peer.user_id is not None else None


def reject_invalid_hostname(_policy: Policy, asked: Asked) -> Reply | None:
    try:
        parse_domain(asked.peer.hello)
    except Refused:
        return Reply(501, "5.5.2", "The name in EHLO is not a host name")
    return None


def reject_non_fqdn_hostname(policy: Policy, asked: Asked) -> Reply | None:
    name = asked.peer.hello
    if name.startswith("[") or "." in name or policy.is_own_program(asked.peer):
        return None
    return _NOT_FULL_NAME


def reject_unknown_sender_domain(policy: Policy, asked: Asked) -> Awaitable[Reply | None] | None:
    sender = asked.sender
    if sender is None or asked.sender_is_local or sender.is_literal or not policy.asks_dns_about(asked.peer):
        return None
    return _unknown_sender_domain(policy, sender.domain)


async def _unknown_sender_domain(policy: Policy, domain: str) -> Reply | None:
    match await policy.domain_state(domain):
        case Status.FOUND:
            return None
        case Status.NO_RECORDS:
            return Reply(550, "5.7.27", "The sender's domain takes no mail")  # RFC 7505 §4.2
        case Status.TEMPORARY:
            return Reply(450, "4.1.8", "The sender's domain cannot be looked up at the moment")
        case _:
            return Reply(550, "5.1.8", "The sender's domain does not exist")


def reject_non_fqdn_sender(_policy: Policy, asked: Asked) -> Reply | None:
    if asked.sender is None or _is_full(asked.sender):
        return None
    return Reply(504, "5.5.2", "The sender's domain is not fully qualified")


def reject_non_fqdn_recipient(_policy: Policy, asked: Asked) -> Reply | None:
    if asked.recipient_is_local or _is_full(asked.recipient):
        return None
    return Reply(504, "5.5.2", "The recipient's domain is not fully qualified")


def reject_unknown_recipient_domain(policy: Policy, asked: Asked) -> Awaitable[Reply | None] | None:
    recipient = asked.recipient
    if asked.recipient_is_local or recipient.is_literal or not policy.asks_dns_about(asked.peer):
        return None
    return _unknown_recipient_domain(policy, recipient.domain)


async def _unknown_recipient_domain(policy: Policy, domain: str) -> Reply | None:
    match await policy.domain_state(domain):
        case Status.FOUND:
            return None
        case Status.NO_RECORDS:
            return Reply(556, "5.1.10", "The recipient's domain takes no mail")  # RFC 7505 §4.1
        case Status.TEMPORARY:
            return Reply(450, "4.1.2", "The recipient's domain cannot be looked up at the moment")
        case _:
            return Reply(550, "5.1.2", "The recipient's domain does not exist")


def reject_unauth_pipelining(_policy: Policy, asked: Asked) -> Reply | None:
    return _TOO_EARLY if asked.peer.talked_early else None


def reject_unauth_destination(_policy: Policy, asked: Asked) -> Reply | None:
    return None if asked.recipient_is_local else _RELAY_DENIED


def _is_full(address: Address) -> bool:
    """``postmaster`` without a domain is everybody's (RFC 5321 §4.5.1)."""
    return not address.domain or address.is_literal or "." in address.domain


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        permit_mynetworks,
        permit_sasl_authenticated,
        reject_invalid_hostname,
        reject_non_fqdn_hostname,
        reject_unknown_sender_domain,
        reject_non_fqdn_sender,
        reject_non_fqdn_recipient,
        reject_unknown_recipient_domain,
        reject_unauth_pipelining,
        reject_unauth_destination,
    )
}
