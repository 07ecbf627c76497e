"""What a mail client is told when it asks a domain for all settings at once.

Thunderbird, K-9 and Evolution read ``config-v1.1.xml`` (published by Mozilla), Outlook its own
"plain old XML"; neither has an RFC. Encrypted connections come first, and the user's name is always
the whole address.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from mailnode.zone.plan import Plan

# protocol: kind, socket type, Outlook's name and whether it encrypts from the start
INCOMING = (
    ("imaps", "imap", "SSL"),
    ("imap", "imap", "STARTTLS"),
    ("pop3s", "pop3", "SSL"),
    ("pop3", "pop3", "STARTTLS"),
)
OUTGOING = (("submissions", "smtp", "SSL"), ("submission", "smtp", "STARTTLS"))
OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
ANSWER = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"


def autoconfig(plan: Plan) -> str:
    """``config-v1.1.xml`` for any user of the domain."""
    servers = [_server("incomingServer", plan, *one) for one in INCOMING]
    servers += [_server("outgoingServer", plan, *one) for one in OUTGOING]
    domain = escape(plan.domain)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<clientConfig version="1.1">\n'
        f'  <emailProvider id="{domain}">\n    <domain>{domain}</domain>\n'
        f"    <displayName>{domain}</displayName>\n    <displayShortName>{domain}</displayShortName>\n"
        f"{''.join(servers)}  </emailProvider>\n</clientConfig>\n"
    )


def _server(tag: str, plan: Plan, protocol: str, kind: str, socket_type: str) -> str:
    port = plan.port(protocol)
    if port is None:
        return ""
    return (
        f'    <{tag} type="{kind}">\n      <hostname>{escape(plan.hostname)}</hostname>\n'
        f"      <port>{port}</port>\n      <socketType>{socket_type}</socketType>\n"
        "      <authentication>password-cleartext</authentication>\n"
        f"      <username>%EMAILADDRESS%</username>\n    </{tag}>\n"
    )


def autodiscover(plan: Plan, address: str) -> str:
    """Outlook's answer for one address."""
    found = [_protocol(plan, address, *one) for one in (*INCOMING, *OUTGOING)]
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<Autodiscover xmlns="{ANSWER}">\n  <Response xmlns="{OUTLOOK}">\n'
        f"    <Account>\n      <AccountType>email</AccountType>\n      <Action>settings</Action>\n{''.join(found)}"
        "    </Account>\n  </Response>\n</Autodiscover>\n"
    )


def _protocol(plan: Plan, address: str, protocol: str, kind: str, socket_type: str) -> str:
    port = plan.port(protocol)
    if port is None:
        return ""
    encryption = "SSL" if socket_type == "SSL" else "TLS"
    return (
        f"      <Protocol>\n        <Type>{kind.upper()}</Type>\n        <Server>{escape(plan.hostname)}</Server>\n"
        f"        <Port>{port}</Port>\n        <LoginName>{escape(address)}</LoginName>\n"
        f"        <Encryption>{encryption}</Encryption>\n        <SPA>off</SPA>\n"
        "        <AuthRequired>on</AuthRequired>\n      </Protocol>\n"
    )
