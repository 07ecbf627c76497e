"""The seal on what is forwarded: what our own door has found goes along, so that the next host can build on it.

The door puts its Authentication-Results field (RFC 8601) at the very top, above its own Received field, and has
removed those that claimed to be of this host. So the first field says what was found, the chain's state included; a
message that does not begin with it was not judged by us (it came from a client that we trust), and we say nothing of
it. Nor is a chain sealed that could not be looked at: a seal would call it broken for ever (RFC 8617 §5.1.2).
"""

from __future__ import annotations

from mailnode.senderauth import canonical, results_read
from mailnode.senderauth.arc import ChainValue
from mailnode.senderauth.arc_seal import seal
from mailnode.senderauth.canonical import SignedMessage
from mailnode.senderauth.dkim_sign import Signer
from mailnode.senderauth.results import claims

FIELD = b"authentication-results"


def sealed(raw: bytes, signer: Signer, *, authserv_id: str, now: int) -> bytes:
    """The message (CRLF line ends) with a further set in front, or as it was."""
    message = canonical.read(raw)
    chain = chain_found(message, authserv_id)
    if chain is None:
        return raw
    return seal(message, signer, results=message.fields[0].value.strip(), chain=chain, now=now) + raw


def chain_found(message: SignedMessage, authserv_id: str) -> ChainValue | None:
    """The state of the chain when the message came; None where it is not known."""
    top = message.fields[0] if message.fields else None
    if top is None or top.name != FIELD or not claims(top.value, authserv_id):
        return None
    found = results_read.parse(top.value)
    arc = next((one for one in found.results if one.method == "arc"), None) if found else None
    if found is None or (arc is None and message.places.get(b"arc-seal")):
        return None
    match arc.result if arc else "none":
        case "none" | "pass" as state:
            return state
        case "fail" if arc and not arc.reason:
            return "fail"
        case _:
            return None
