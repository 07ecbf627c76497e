"""Why something happened, in plain words: for people who know neither the names of checks nor the codes of SMTP.

Checks at our own doors are known by their names; what other hosts said, and what mailboxes here said, is read by
`mailnode.message.bounce_reasons`. A test holds that every check has its words.
"""

from __future__ import annotations

from collections.abc import Mapping

from mailnode.findings import Finding
from mailnode.history.details import Act, Step
from mailnode.message.bounce_reasons import reason_of
from mailnode.sentences import CHINESE

Pair = tuple[str, str]  # English, Chinese

_EXPLAINED = (Act.REFUSED, Act.DEFERRED, Act.FAILED, Act.BOUNCED, Act.WARNED)
_LISTED: Pair = (
    "The list {rule} warns of the sending computer's address.",
    "名单 {rule} 将发送方计算机的地址列为可疑。",
)
_POINTS: Pair = (
    "Several signs together made the message look unwanted.",
    "多项迹象合在一起，邮件看来并非收件人想要的。",
)
_MALFORMED: Pair = ("The message is not written as mail must be.", "邮件的格式不符合规范。")
_NO_SUCH_SENDER: Pair = (
    "The sender's address belongs to a domain that cannot get any answer.",
    "发件人地址所在的域无法收到回信。",
)
_MISNAMED: Pair = (
    "The sending computer does not give its name as mail servers do.",
    "发送方计算机没有像邮件服务器那样报出自己的名称。",
)
_TOO_EARLY: Pair = (
    "The sending computer did not wait for its turn, as programs that send spam do.",
    "发送方计算机没有等待应答就发送，垃圾邮件程序常如此。",
)
_FORGED: Pair = (
    "The domain in From says that it did not send this message.",
    "“发件人”中的域声明此邮件并非由其发出。",
)
_UNPROVED: Pair = ("Nothing proves who sent the message.", "没有任何证据表明邮件由谁发出。")
_NAMELESS: Pair = (
    "The sending computer has no name of its own, which mail servers have.",
    "发送方计算机没有自己的名称，而邮件服务器都有。",
)
_NAMED_AS_US: Pair = (
    "The sending computer claims to be this server or one of its domains.",
    "发送方计算机冒充本服务器或本站的域。",
)
_WITHOUT_AUTHOR: Pair = ("From names no author, or more than one.", "“发件人”中没有作者，或不止一位。")
_DATED: Pair = ("The message has no date, or one that cannot be.", "邮件没有日期，或日期不合常理。")
_FILTER: Pair = ("A filter of this server has judged the content.", "本服务器的过滤程序对内容作出了判断。")
_RATES: Pair = ("Too much came from the same sender in a short time.", "同一发送方在短时间内来信过多。")

RULES: Mapping[str, Pair] = {
    # The list of restrictions.
    "reject_invalid_hostname": _MISNAMED,
    "reject_non_fqdn_hostname": _MISNAMED,
    "reject_unknown_sender_domain": _NO_SUCH_SENDER,
    "reject_non_fqdn_sender": _NO_SUCH_SENDER,
    "reject_non_fqdn_recipient": ("The recipient's address is not complete.", "收件人地址不完整。"),
    "reject_unknown_recipient_domain": (
        "The recipient's domain does not exist or receives no mail.",
        "收件人的域不存在或不接收邮件。",
    ),
    "reject_unauth_pipelining": _TOO_EARLY,
    "reject_unauth_destination": (
        "The recipient does not live here, and the sender was not logged in.",
        "收件人不在本站，且发件人没有登录。",
    ),
    "relay_verify": (
        "The server that has the recipient's mailbox did not know the recipient.",
        "收件人邮箱所在的服务器不认识该收件人。",
    ),
    "sender": ("Nobody may send under another's address.", "不能以他人的地址发信。"),
    # How much and how soon.
    "stranger_rates": _RATES,
    "greylist": (
        "The sender is not known here yet and was asked to come again a little later.",
        "本站还不认识此发送方，已请其稍后再来。",
    ),
    "early_talker": _TOO_EARLY,
    # The client.
    "no_reverse_name": _NAMELESS,
    "unconfirmed_name": _NAMELESS,
    "numbered_name": _NAMELESS,
    "helo_is_us": _NAMED_AS_US,
    "helo_our_domain": _NAMED_AS_US,
    "helo_bare_address": _MISNAMED,
    "helo_other_address": _MISNAMED,
    "helo_unknown_name": _MISNAMED,
    # The author.
    "spf": ("Whether the sending computer may send for this domain (SPF).", "发送方计算机是否有权为该域发信（SPF）。"),
    "dkim": ("Whether the signature of the message is right (DKIM).", "邮件的签名是否正确（DKIM）。"),
    "arc": ("Whether those who passed it on vouch for it (ARC).", "转交者是否为其作证（ARC）。"),
    "dmarc": ("Whether the domain in From sent it (DMARC).", "是否由“发件人”中的域发出（DMARC）。"),
    "dmarc_pass": ("The domain in From has sent the message.", "邮件确由“发件人”中的域发出。"),
    "sealed_by_trusted": (
        "Somebody who is trusted here has seen that the sender was genuine.",
        "受信任的转交者已确认发件人属实。",
    ),
    "dmarc_reject": _FORGED,
    "dmarc_quarantine": _FORGED,
    "dmarc_fail": _FORGED,
    "several_authors": _WITHOUT_AUTHOR,
    "spf_fail": (
        "The sender's domain does not let this computer send for it.",
        "发件人的域不允许这台计算机为其发信。",
    ),
    "spf_softfail": (
        "The sender's domain doubts that this computer sends for it.",
        "发件人的域不确定这台计算机是否为其发信。",
    ),
    "unproved": _UNPROVED,
    "unproved_as_us": (
        "The author claims to be one of this server's users, which nothing proves.",
        "作者自称是本站用户，但没有任何证据。",
    ),
    "bounce_to_many": (
        "A report about undelivered mail has one recipient, and this has several.",
        "退信只有一位收件人，而此邮件有多位。",
    ),
    # The content.
    "no_from": _WITHOUT_AUTHOR,
    "several_froms": _WITHOUT_AUTHOR,
    "from_no_address": _WITHOUT_AUTHOR,
    "from_other_address": (
        "The author's name looks like an address, but not like the author's own.",
        "作者的姓名看似一个地址，却不是作者自己的。",
    ),
    "no_date": _DATED,
    "distant_date": _DATED,
    "no_message_id": ("The message has no number of its own, as all mail has.", "邮件没有通常都有的编号。"),
    "shouted_subject": ("The subject is all in capitals.", "主题全是大写字母。"),
    "only_a_picture": ("The message is a picture with hardly a word.", "邮件只有图片，几乎没有文字。"),
    "link_lies": ("A link leads elsewhere than it says.", "有链接实际指向别处。"),
    "program_attached": ("A program is attached.", "附件中有程序。"),
    "rspamd": _FILTER,
    "spamd": _FILTER,
    "milter": _FILTER,
    "clamd": ("The virus scanner has looked at the content.", "病毒扫描程序检查了内容。"),
    "own_filter": (
        "The recipient's own filter decided, by what had been put into Junk or taken out of it.",
        "由收件人自己的过滤器判断，依据是以往放入或移出垃圾邮件的邮件。",
    ),
    # Their sum.
    "reject_score": _POINTS,
    "quarantine_score": _POINTS,
    "junk_score": _POINTS,
    "tag_score": _POINTS,
    # The form.
    "too-big": ("The message is too large.", "邮件过大。"),
    "no-room": ("This server had no room for the message at that moment.", "本服务器当时没有空间接收此邮件。"),
    "line-too-long": _MALFORMED,
    "bare-newline": _MALFORMED,
    "nul": _MALFORMED,
    "strange-line-end": _MALFORMED,
}


def why(step: Step, language: str) -> str:
    """Why a step went wrong; "" where it did not, or nobody said why. ``language`` is en or zh."""
    if step.rule in RULES and step.act not in (Act.ARRIVED, Act.SENT):
        return _in(RULES[step.rule], language)
    if step.act not in _EXPLAINED:
        return ""
    if step.act is Act.REFUSED and "." in step.rule:
        return _in(_LISTED, language).format(rule=step.rule)
    if step.act is Act.REFUSED and step.rule in CHINESE:
        return CHINESE[step.rule] if language == "zh" else step.text
    reason = reason_of(step.status, step.text)
    if reason.kind == "unknown":
        return ""
    return reason.chinese if language == "zh" else reason.english


def seen(finding: Finding, language: str) -> str:
    """What a check looks for, or has seen; "" for one that is not known here."""
    if finding.rule in RULES:
        return _in(RULES[finding.rule], language)
    return _in(_LISTED, language).format(rule=finding.rule) if "." in finding.rule and finding.score > 0 else ""


def _in(pair: Pair, language: str) -> str:
    return pair[1] if language == "zh" else pair[0]
