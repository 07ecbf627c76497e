"""Who may speak in our name: Authentication-Results fields that claim to be this host's (RFC 8601 §5).

Nobody but this host writes its name into them, unless the settings name a host that does, such as one in front of us
that has judged the message. That a client may send through us (`mynetworks`, a login, the LMTP door) is no reason:
what it hands on came from anywhere.
"""

from __future__ import annotations

from mailnode.octets import Octets
from mailnode.peers import is_within
from mailnode.senderauth import results
from mailnode.settings import Settings


def without_our_name(settings: Settings, client: str, content: Octets) -> Octets:
    """What may stay of a message that ``client`` (its IP address) has brought."""
    if is_within(client, settings.results_networks):
        return content
    return results.without_forged(content, settings.hostname)
