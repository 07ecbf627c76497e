"""What SPF, DKIM and DMARC say about a message, as findings; and whether anybody vouches for its author."""

from __future__ import annotations

from mailnode.mx.judgement import Seen
from mailnode.senderauth.check import Verdict
from mailnode.senderauth.spf import SpfResult

MOST_EXPLAINED = 200  # characters of what a domain says to those whom its SPF record refuses


def seen(verdict: Verdict, *, author_is_ours: bool, sealer: str = "") -> list[Seen]:
    """``author_is_ours``: the domain in From is one of this server's, whose users log in elsewhere. ``sealer``: a
    trusted station that has seen the author proved before it changed the message."""
    dmarc, domain = verdict.dmarc, verdict.dmarc.domain or verdict.header_from_domain
    if dmarc.result == "pass":
        return [Seen("dmarc_pass", f"{dmarc.aligned} vouches for the author's domain by {dmarc.by.upper()}")]
    if sealer:
        return [Seen("sealed_by_trusted", f"{sealer}, which is trusted, has seen the author's domain {domain} proved")]
    found = [*_dmarc(verdict, domain), *_spf(verdict)]
    if not is_proved(verdict) and not _is_undecided(verdict):
        if author_is_ours:
            found.append(Seen("unproved_as_us", f"The author's domain {domain} is ours, and nothing vouches for it"))
        elif not any(one.result == "pass" for one in verdict.dkim) and verdict.spf.result != "pass":
            found.append(Seen("unproved", "Neither SPF nor DKIM vouches for anybody"))
    return found


def _dmarc(verdict: Verdict, domain: str) -> list[Seen]:
    """What follows is the settings' to say (RFC 9989 §7.2). With a second author nobody gets around a policy."""
    if verdict.dmarc.is_ambiguous:
        return [Seen("several_authors", "From names authors of several domains, and a reader may be shown any of them")]
    if verdict.dmarc.result != "fail":
        return []
    policy = verdict.dmarc.policy
    if policy == "none":
        return [Seen("dmarc_fail", f"Nothing vouches for the author's domain {domain}")]
    rule = "dmarc_reject" if policy == "reject" else "dmarc_quarantine"
    verb = "refuses" if policy == "reject" else "distrusts"
    return [Seen(rule, f"the DMARC policy of {domain} {verb} mail that it did not send")]


def _spf(verdict: Verdict) -> list[Seen]:
    named = verdict.spf.domain
    match verdict.spf.result:
        case "fail":
            return [Seen("spf_fail", f"The SPF record of {named} does not allow this client{_explained(verdict.spf)}")]
        case "softfail":
            return [Seen("spf_softfail", f"The SPF record of {named} doubts this client")]
        case _:
            return []


def _explained(spf: SpfResult) -> str:
    """The domain's own words, said to be such (RFC 7208 §6.2, §8.4)."""
    words = " ".join(spf.explanation.split())[:MOST_EXPLAINED]
    return f"; {spf.domain} explains: {words}" if words.isprintable() and words else ""


def _is_undecided(verdict: Verdict) -> bool:
    """The DNS does not say now what would prove something."""
    found = (verdict.spf.result, verdict.dmarc.result, *(one.result for one in verdict.dkim))
    return "temperror" in found


def is_proved(verdict: Verdict) -> bool:
    """Whether DMARC passes or, without a policy, the author's domain is the one that SPF or DKIM has proved."""
    if verdict.dmarc.result == "pass":
        return True
    author = verdict.header_from_domain
    proved = [one.domain for one in verdict.dkim if one.result == "pass" and not one.unsigned]
    if verdict.spf.result == "pass":
        proved.append(verdict.spf.domain)
    return bool(author) and verdict.dmarc.result == "none" and any(_related(author, one) for one in proved)


def _related(one: str, other: str) -> bool:
    """The same domain or one below the other. A suffix that many share proves nothing, but nobody signs for one."""
    return one == other or ("." in other and one.endswith(f".{other}")) or other.endswith(f".{one}")
