"""Why a message was not taken, in plain words: from a host's reply to one of a few reasons.

The words of the large providers come first, because their status codes often say less or something else;
then the enhanced status (RFC 3463 §3, with the registry's later codes), then the class alone. Phrases are
sought in lower case and as they stand, so any reply at all is read in linear time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "no-such-address",
    "disabled",
    "full",
    "too-large",
    "no-such-domain",
    "unreachable",
    "too-much",
    "blocked",
    "unproven",
    "content",
    "policy",
    "not-allowed",
    "loop",
    "given-up",
    "try-later",
    "tls",
    "bad-address",
    "incapable",
    "broken",
    "unknown",
]
MAX_LOOKED_AT = 2000  # characters
GONE = frozenset(("no-such-address", "disabled"))

SENTENCES: dict[Kind, tuple[str, str]] = {
    "no-such-address": (
        "The address does not exist. Check it for typing errors.",
        "该地址不存在，请检查是否拼写有误。",
    ),
    "disabled": ("The mailbox exists but is no longer in use.", "该邮箱已停用。"),
    "full": ("The recipient's mailbox is full.", "收件人的邮箱已满。"),
    "too-large": ("The message is larger than the recipient's system takes.", "邮件超过了对方系统允许的大小。"),
    "no-such-domain": (
        "The domain does not exist or receives no mail. Check it for typing errors.",
        "该域名不存在或不接收邮件，请检查是否拼写有误。",
    ),
    "unreachable": ("The recipient's mail system could not be reached.", "无法连接对方的邮件系统。"),
    "too-much": (
        "The recipient's system takes no more mail from here for now; too much has come at once.",
        "对方系统暂时不再接收本站的邮件：短时间内来信过多。",
    ),
    "blocked": (
        "The recipient's system does not trust this server's address. Your administrator can ask it why.",
        "对方系统不信任本服务器的地址，管理员可向对方查询原因。",
    ),
    "unproven": (
        "The recipient's system wants proof of who sent the message (SPF, DKIM or DMARC) and did not find it.",
        "对方系统要求证明发件人身份（SPF、DKIM 或 DMARC），但未能通过验证。",
    ),
    "content": (
        "The recipient's system takes the content for spam or for dangerous.",
        "对方系统认为邮件内容是垃圾邮件或有危险。",
    ),
    "policy": ("The recipient's system refuses the message by a rule of its own.", "对方系统按其规则拒收此邮件。"),
    "not-allowed": (
        "You are not allowed to write to this address, or the server does not serve it.",
        "您无权向该地址发信，或该服务器不为其服务。",
    ),
    "loop": ("The message went in a circle between mail systems.", "邮件在邮件系统之间循环转发。"),
    "given-up": ("It could not be delivered in the time that there was.", "在规定时间内未能送达。"),
    "try-later": (
        "The recipient's system has asked to try again later, which is usual for senders it does not know.",
        "对方系统要求稍后重试，这对其不认识的发件方很常见。",
    ),
    "tls": ("No connection as safe as was asked for could be made.", "无法建立所要求的安全连接。"),
    "bad-address": ("The address is not written as an address is.", "地址的写法有误。"),
    "incapable": ("The recipient's system cannot take a message of this kind.", "对方系统无法接收这种格式的邮件。"),
    "broken": ("Something is wrong with the recipient's mail system.", "对方的邮件系统出了问题。"),
    "unknown": ("The recipient's system did not say why.", "对方系统未说明原因。"),
}

# In this order: what is more special stands before what also fits others.
_PHRASES: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (
        "unproven",
        (
            "5.7.26",  # Gmail: neither SPF nor DKIM, or DMARC
            "5.7.515",  # Outlook
            "unauthenticated email",
            "does not pass authentication",
            "authentication checks",
            "level of authentication",
            "dmarc",
            "spf check",
            "mi:spf",  # 163
            "mi:dmc",
            "spf fail",
            "dkim",
        ),
    ),
    ("blocked", ("permanently deferred", "not in whitelist", "hl:rep")),  # Yahoo [TSS09], Gmail, 163
    (
        "too-much",
        (
            "rate limit",
            "unusual rate",
            "too many messages",
            "too many connections",
            "too many recipients",
            "frequency limited",  # QQ
            "sending rate",
            "unexpected volume",  # Yahoo [TSS04]
            "[tss",
            "temporarily deferred due to",
            "rp:cel",  # 163: too many messages of one connection
            "rp:qrc",
            "rp:trc",
            "mi:cel",
            "dt:sum",
            "receiving mail at a rate",
            "receiving mail too quickly",
            "server busy",  # Outlook 4.7.500
            "exceeded the maximum number of connections",
            "too much mail",
            "throttl",
        ),
    ),
    (
        "blocked",
        (
            "block list",
            "blocklist",
            "blacklist",
            "blocked using",
            "spamhaus",
            "spamcop",
            "barracudacentral",
            "(s3140)",  # Outlook
            "(s3150)",
            "hl:ipb",  # 163
            "hl:itc",
            "[bl2",  # Yahoo
            "[ts03]",
            "low reputation",
            "ip reputation",
            "poor reputation",
            "bad reputation",
            "ip you're using to send mail is not authorized",
            "does not have a ptr record",
            "bad dns ptr",  # GMX
            "reverse dns",
            "banned sending ip",
            "ip is blocked",
        ),
    ),
    (
        "content",
        (
            "dt:spm",  # 163
            "mail content denied",  # QQ
            "suspected spam",
            "likely unsolicited mail",
            "unsolicited mail",
            "considered spam",
            "detected as spam",
            "looks like spam",
            "spam message",
            "message content rejected",
            "potential security issue",
            "virus",
            "malware",
            "infected",
            "message contains",
            "suspicious link",
        ),
    ),
    (
        "full",
        (
            "over quota",
            "overquota",
            "quota exceeded",
            "exceeded storage",
            "out of storage",
            "mailbox full",
            "mailbox is full",
            "inbox is full",
            "mailbox size exceeded",
            "insufficient storage in",
            "exceeded its quota",
        ),
    ),
    (
        "disabled",
        (
            "account is disabled",
            "is disabled",
            "mailbox disabled",
            "account disabled",
            "user suspended",  # 163
            "account has been suspended",
            "account is inactive",
            "mailbox is inactive",
            "account inactive",
            "has been deactivated",
            "account is locked",
            "no longer in use",
            "no longer available",
            "mailbox closed",
        ),
    ),
    (
        "too-large",
        (
            "exceeded mailsize limit",
            "message too large",
            "message size exceeds",
            "message exceeded",
            "size limit exceeded",
            "exceeds the maximum",
            "message is too big",
            "exceeds size limit",
        ),
    ),
    (
        "no-such-address",
        (
            "does not exist",
            "doesn't have a yahoo",
            "no such user",
            "no such mailbox",
            "no such recipient",
            "no such address",
            "user unknown",
            "unknown user",
            "unknown recipient",
            "recipient unknown",
            "user not found",
            "mailbox not found",
            "recipientnotfound",
            "recipient not found",
            "recipient address rejected: access denied. as(201806281)",  # Outlook's word for it
            "mailbox unavailable",
            "mailbox unavailable or access denied",
            "not a valid mailbox",
            "invalid recipient",
            "invalid mailbox",
            "recipient rejected",
            "address rejected: undeliverable",
            "user doesn't exist",
            "no mailbox here",
            "account that you tried to reach does not",
            "unrouteable address",
        ),
    ),
    ("try-later", ("greylist", "graylist", "try again in", "please retry later", "postgrey")),
    (
        "no-such-domain",
        ("host not found", "domain not found", "no such domain", "domain does not", "null mx", "receives no mail"),
    ),
    ("loop", ("too many hops", "mail loop", "routing loop", "loop detected", "already delivered to")),
    (
        "not-allowed",
        (
            "relay access denied",
            "relaying denied",
            "unable to relay",
            "not permitted to relay",
            "relay not permitted",
            "rejected by recipient",  # QQ
            "only accepts mail from",
            "not allowed to send",
            "members only",
            "sendernotauthenticated",
            "must equal authorized user",  # QQ, 163
            "user has no permission",
        ),
    ),
    ("tls", ("must issue a starttls", "starttls is required", "tls is required", "encryption needed", "tls failed")),
    ("policy", ("policy reasons", "policy violation", "local policy", "access denied", "not accepted for policy")),
    ("unreachable", ("connection refused", "connection timed out", "no answer", "network is unreachable", "no route")),
)
_STATUSES: dict[str, Kind] = {
    "1.0": "bad-address",
    "1.1": "no-such-address",
    "1.2": "no-such-domain",
    "1.3": "bad-address",
    "1.4": "bad-address",
    "1.5": "unknown",
    "1.6": "no-such-address",
    "1.7": "policy",
    "1.8": "policy",
    "1.10": "no-such-domain",
    "2.1": "disabled",
    "2.2": "full",
    "2.3": "too-large",
    "3.1": "broken",
    "3.2": "broken",
    "3.3": "incapable",
    "3.4": "too-large",
    "4.1": "unreachable",
    "4.2": "unreachable",
    "4.3": "broken",
    "4.4": "no-such-domain",
    "4.5": "too-much",
    "4.6": "loop",
    "4.7": "given-up",
    "5.3": "too-much",
    "6.1": "incapable",
    "6.3": "incapable",
    "6.7": "incapable",
    "6.9": "incapable",
    "7.0": "policy",
    "7.1": "policy",
    "7.2": "not-allowed",
    "7.4": "tls",
    "7.5": "tls",
    "7.7": "content",
    "7.10": "tls",
    "7.20": "unproven",
    "7.21": "unproven",
    "7.22": "unproven",
    "7.23": "unproven",
    "7.24": "unproven",
    "7.25": "blocked",
    "7.26": "unproven",
    "7.27": "no-such-domain",
    "7.28": "too-much",
    "7.29": "unproven",
    "7.30": "tls",
}
NO_DOMAIN = "5.1.2"  # RFC 3463 §3.2; 5.1.10 is what Outlook says of a recipient
_SUBJECTS: dict[str, Kind] = {
    "1": "bad-address",
    "2": "disabled",
    "3": "broken",
    "4": "unreachable",
    "5": "broken",
    "6": "incapable",
    "7": "policy",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """``kind`` for programs, the sentences for people."""

    kind: Kind

    @property
    def english(self) -> str:
        return SENTENCES[self.kind][0]

    @property
    def chinese(self) -> str:
        return SENTENCES[self.kind][1]

    @property
    def is_gone(self) -> bool:
        """Nobody reads mail at the address."""
        return self.kind in GONE


def reason_of(status: str, words: str) -> Reason:
    """The reason behind an enhanced status (RFC 3463) and a host's words, either of which may be empty."""
    return Reason(_kind(status, words))


def _kind(status: str, words: str) -> Kind:
    said = " ".join(words[:MAX_LOOKED_AT].lower().split())
    for kind, phrases in _PHRASES:
        if kind in GONE and (status.startswith("4") or status[1:4] == ".7."):
            continue  # it says so for now, or by a rule of its own
        if kind in GONE and status == NO_DOMAIN:
            continue  # it is the domain that "does not exist"
        if any(phrase in said for phrase in phrases):
            return kind
    parts = status.split(".")
    if len(parts) != 3:
        return "unknown"
    detailed = _STATUSES.get(f"{parts[1]}.{parts[2]}")
    if detailed in GONE and parts[0] == "4":
        return "try-later"
    return detailed or _SUBJECTS.get(parts[1], "unknown")
