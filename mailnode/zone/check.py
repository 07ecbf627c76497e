"""Compares the records of a domain with the live DNS, and says for each what to do.

Records are compared by what they mean, not by their spelling: an SPF record may allow more hosts, a
DMARC record may be stricter, a second MX is nobody's mistake. Where only one record may stand (SPF, DMARC,
MTA-STS, TLS-RPT) a second one makes both void, and that is said.

The id of MTA-STS is the administrator's to choose, but one that was made here for another policy is wrong: senders who
keep that policy do not fetch the present one (RFC 8461 §5.1). One that was not made here is right, with a reminder.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mailnode.resolver import Answer, Resolver, Srv, reverse_name
from mailnode.zone.advice import Advice, Subject, Verdict, advice
from mailnode.zone.plan import Plan
from mailnode.zone.records import Record, is_of_other_policy, records

_POLICY_ID = re.compile(r"[0-9A-Za-z]{1,32}")  # others read a record without one as none (RFC 8461 §3.1)


@dataclass(frozen=True, slots=True)
class Finding:
    """One record and what the DNS has in its place, values in presentation form.

    ``ok``; ``missing``: nothing is there; ``wrong``: something else is there; ``extra``: besides the right
    one there is another that spoils it; ``unknown``: the DNS did not answer. ``needed``: without it mail
    does not arrive.
    """

    purpose: str
    name: str
    type: str
    expected: tuple[str, ...]
    found: tuple[str, ...]
    verdict: Verdict
    advice: Advice
    needed: bool


async def check(resolver: Resolver, plan: Plan) -> tuple[Finding, ...]:
    """Ask for every record of the plan; one Finding each, in the plan's order."""
    resolver.forget()
    return tuple(await asyncio.gather(*[_look(resolver, plan, record) for record in records(plan)]))


async def _look(resolver: Resolver, plan: Plan, record: Record) -> Finding:
    host = f"{plan.hostname}."
    match record.type:
        case "MX":
            mx = await resolver.mx(record.name)
            found = [f"{one.preference} {one.host}." for one in mx.records]
            return _finding(record, mx, found, any(one.host == plan.hostname for one in mx.records))
        case "SRV":
            srv = await resolver.srv(record.name)
            found = [_service(one) for one in srv.records]
            # Priority and weight are the administrator's choice.
            return _finding(record, srv, found, any(_place(one) == _place(record.value) for one in found))
        case "PTR":
            ptr = await resolver.ptr(next(one for one in plan.addresses if reverse_name(one) == record.name))
            found = [f"{one}." for one in ptr.records]
            return _finding(record, ptr, found, host in found)
        case "CNAME":
            return await _alias(resolver, plan, record)
        case "TXT":
            return _text(plan, record, await resolver.txt(record.name))
        case _:
            answer = await (resolver.a if record.type == "A" else resolver.aaaa)(record.name)
            return _finding(record, answer, list(answer.records), record.value in answer.records)


async def _alias(resolver: Resolver, plan: Plan, record: Record) -> Finding:
    """A CNAME to the host, or whatever else ends at the host's addresses."""
    cname = await resolver.cname(record.name)
    found = [f"{one}." for one in cname.records]
    if record.value in found:
        return _finding(record, cname, found, True)
    v4, v6 = await asyncio.gather(resolver.a(record.name), resolver.aaaa(record.name))
    addresses = [*v4.records, *v6.records]
    here = bool(addresses) and set(addresses) <= set(plan.addresses)
    return _finding(record, v4 if v4.temporary else cname, found or addresses, here)


def _text(plan: Plan, record: Record, answer: Answer[bytes]) -> Finding:
    """A TXT record among others: only those of its kind count, and of most kinds there may be one."""
    kind = record.value.split(";")[0].split(" ")[0]  # v=spf1, v=DMARC1 …
    texts = [one.decode("utf-8", "replace") for one in answer.records]
    same = [one for one in texts if one.replace(" ", "").lower().startswith(kind.lower())]
    if record.purpose == "dkim":  # RFC 6376 §3.6.1: the version may be left out
        same = texts
    fits = [one for one in same if _means_the_same(plan, record, one)]
    spoiled = len(same) > 1 and bool(fits)
    said = _about_id(record, same[0], fits=bool(fits)) if record.purpose == "mta-sts" and same else None
    return _finding(record, answer, same, bool(fits), spoiled=spoiled, said=said)


def _about_id(record: Record, found: str, *, fits: bool) -> Subject | None:
    """What is to be said of the id of a policy; None: what the verdict says."""
    id_ = _tags(found).get("id", "")
    if id_ == _tags(record.value)["id"] or not _POLICY_ID.fullmatch(id_):
        return None
    return "own-id" if fits else "other-policy"


def _means_the_same(plan: Plan, record: Record, found: str) -> bool:
    match record.purpose:
        case "spf":
            allowed = {word.lstrip("+").lower() for word in found.split()}
            return {word for word in record.value.split() if word not in ("v=spf1", "-all")} <= allowed
        case "dkim":
            return _tags(found).get("p") == _tags(record.value)["p"]
        case "dmarc":
            return "p" in _tags(found)
        case "mta-sts":
            id_ = _tags(found).get("id", "")
            return _POLICY_ID.fullmatch(id_) is not None and not is_of_other_policy(plan, id_)
        case _:
            return "rua" in _tags(found)


def _tags(text: str) -> dict[str, str]:
    """``a=b; c=d`` without any blanks (RFC 6376 §3.2)."""
    pairs = (part.partition("=") for part in "".join(text.split()).split(";"))
    return {name.lower(): value for name, _, value in pairs if name}


def _service(srv: Srv) -> str:
    return f"{srv.priority} {srv.weight} {srv.port} {srv.host}."


def _place(value: str) -> list[str]:
    """Port and host of an SRV record."""
    return value.split()[2:]


def _finding(
    record: Record,
    answer: Answer[Any],
    found: Sequence[str],
    fits: bool,
    *,
    spoiled: bool = False,
    said: Subject | None = None,
) -> Finding:
    verdict: Verdict
    if answer.temporary:
        verdict = "unknown"
    elif spoiled:
        verdict = "extra"
    elif fits:
        verdict = "ok"
    else:
        verdict = "wrong" if found else "missing"
    about = said if said is not None and verdict in ("ok", "wrong") else verdict
    return Finding(
        record.purpose,
        record.name,
        record.type,
        (record.value,),
        tuple(found),
        verdict,
        advice(record, about),
        record.needed,
    )
