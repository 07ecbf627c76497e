"""What port 25 tells the history of a message: who brought it, what was found, and what that led to."""

from __future__ import annotations

from mailnode.findings import Action, Finding
from mailnode.history.details import Act, Step, What
from mailnode.history.record import Opening, Story
from mailnode.mx.judged import Judged
from mailnode.senderauth.check import Verdict
from mailnode.smtpd.reception import Envelope, Peer
from mailnode.smtpd.refusals import arrival
from mailnode.store.incoming import Incoming

MOST_SIGNATURES = 4  # that are named


def story(peer: Peer, envelope: Envelope, judged: Judged, message: Incoming, id_: str) -> Opening:
    """All but the steps."""
    known = Story(
        What.RECEIVED if peer.user_id is None else What.SUBMITTED,
        envelope.reverse_path,
        id_,
        user_id=peer.user_id or 0,
        message_id=message.brief.message_id,
        size=len(message.raw),
        arrival=arrival(peer, envelope),
        findings=findings(judged),
    )
    return Opening(known)


def findings(judged: Judged) -> tuple[Finding, ...]:
    """What proved the sender and what did not, each check's finding, and the sum where it decided."""
    judgement = judged.judgement
    if judged.verdict is None and not judgement.findings:
        return ()
    proofs = _proofs(judged.verdict) if judged.verdict else ()
    decided = judgement.action is not Action.TAKE and all(one.rule != judgement.rule for one in judgement.findings)
    sums = (Finding(judgement.rule, judgement.score, judgement.text, judgement.action),) if decided else ()
    return (*proofs, *judgement.findings, *sums)


def _proofs(verdict: Verdict) -> tuple[Finding, ...]:
    """What Authentication-Results says, each with the domain that it is about."""
    spf, chain, dmarc = verdict.spf, verdict.arc, verdict.dmarc
    signed = [_result(one.result, one.domain) for one in verdict.dkim[:MOST_SIGNATURES]]
    sealed = (Finding("arc", 0.0, _result(chain.result, *chain.sealers[-1:])),) if chain.result != "none" else ()
    return (
        Finding("spf", 0.0, _result(spf.result, spf.domain)),
        Finding("dkim", 0.0, ", ".join(signed) or "none"),
        *sealed,
        Finding("dmarc", 0.0, _result(dmarc.result, dmarc.domain)),
    )


def _result(result: str, domain: str = "") -> str:
    return f"{result} ({domain[:255]})" if domain else result


def kept_back(recipients: list[str], rule: str, text: str, quarantine_id: int) -> list[Step]:
    """The steps of a message that goes into the quarantine."""
    return [Step(Act.QUARANTINED, one, text=text, rule=rule, quarantine_id=quarantine_id) for one in recipients]
