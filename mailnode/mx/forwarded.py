"""Mail that a trusted station has changed on its way, such as a mailing list, and has sealed what it found before.

The chain must hold, its newest sealer be one of ``trusted_sealers``, and the results that it sealed say that DMARC
passed when it got the message (RFC 8617 §7.2.1). Anybody can seal anything: who is not trusted is not listened to.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from mailnode.message import headers
from mailnode.octets import Octets
from mailnode.senderauth import results_read
from mailnode.senderauth.check import Verdict

_INSTANCE = re.compile(rb"\s*i\s*=\s*([0-9]{1,2})\s*;")


def sealer(verdict: Verdict, content: Octets, trusted: Collection[str]) -> str:
    """The trusted station that has seen DMARC pass, "" where there is none."""
    chain = verdict.arc
    if chain.result != "pass" or not chain.sealers or chain.sealers[-1] not in trusted:
        return ""
    for value in headers.get_all(content, b"ARC-Authentication-Results"):
        instance = _INSTANCE.match(value)
        if instance is None or int(instance[1]) != chain.sets:
            continue
        said = results_read.parse(value[instance.end() :])
        if said is not None and any(one.method == "dmarc" and one.result == "pass" for one in said.results):
            return chain.sealers[-1]
    return ""
