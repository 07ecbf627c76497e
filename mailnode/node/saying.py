"""An explanation in sentences for people, in English and Chinese: all its words stand here.

What the doors answer stays as they would send it, with its meaning beside it in Chinese.
"""

from __future__ import annotations

from mailnode.errors import MailError
from mailnode.findings import Finding
from mailnode.history import reasons
from mailnode.history.details import Act, Step
from mailnode.history.saying import ACTIONS, Pair
from mailnode.proto.replies import Reply
from mailnode.sentences import CHINESE, DETAILS, FOUND

SCORES = ("greylist_score", "tag_score", "junk_score", "quarantine_score", "reject_score")

# The list of restrictions.
NOTHING: Pair = ("nothing against it", "未触发")
LET_PASS: Pair = ("let pass", "放行")
# The client.
LOGGED_IN: Pair = ("has logged in, and is not judged", "已登录，不作垃圾邮件判断")
OURS: Pair = (
    "a program of this machine or a trusted network, which is not judged",
    "本机程序或受信任网络，不作垃圾邮件判断",
)
STRANGER: Pair = ("a stranger", "陌生主机")
NAMED_STRANGER: Pair = ("a stranger, by name {name}", "陌生主机，名称 {name}")
# How much may come or leave.
AT_ONCE: Pair = ("at most {number} at once", "同时最多 {number} 个连接")
RATE: Pair = ("at most {number} {what} of one {who} in a {period}", "每个{who}每{period}最多 {number} {what}")
WHO: dict[str, Pair] = {
    "client": ("client", "客户端"),
    "network": ("network", "网络"),
    "sender": ("sender", "发件人"),
}
WHAT: dict[str, Pair] = {
    "connections": ("connections", "个连接"),
    "messages": ("messages", "封邮件"),
    "recipients": ("recipients", "个收件人"),
}
PERIODS: dict[int, Pair] = {  # by their seconds
    1: ("second", "秒"),
    60: ("minute", "分钟"),
    3600: ("hour", "小时"),
    86400: ("day", "天"),
}
SENT: Pair = ("{number} of {most}", "已发 {number}，上限 {most}")
SENT_FREELY: Pair = ("{number}, without limit", "已发 {number}，不限")
FROZEN: Pair = ("what this user sends is held until somebody releases it", "该用户发出的邮件会被暂停，直到恢复")
# Whom the address leads to.
USER: Pair = ("the user {user}", "用户 {user}")
ALIAS: Pair = ("the alias {name} for {targets}", "别名 {name}，指向 {targets}")
LEADS_TO_USER: Pair = ("leads to the user {user}", "解析到用户 {user}")
LEADS_AWAY: Pair = ("leads to {address}, which lives elsewhere", "解析到站外地址 {address}")
ELSEWHERE: Pair = ("the domain {domain} lives elsewhere", "域 {domain} 不在本站")
NOBODY: Pair = ("nobody here has this address", "本站没有此地址")
OWN_ADDRESS: Pair = ("an address of the system's own", "系统自用地址")
# The recipients' mailboxes.
KEPT: Pair = ("{size} octets and {messages} messages are kept", "已存字节数 {size}，邮件数 {messages}")
KEPT_FREELY: Pair = (
    "{size} octets and {messages} messages are kept, without limit",
    "已存字节数 {size}，邮件数 {messages}，不限",
)
AMOUNT: Pair = ("{number} of {most}", "{number}（上限 {most}）")
FILTER_ASKED: Pair = (
    "the user's own filter is asked: it has been taught {junk} junk and {wanted} wanted messages",
    "由该用户的过滤器判断：已学习垃圾邮件 {junk} 封、正常邮件 {wanted} 封",
)
FILTER_NOT_ASKED: Pair = (
    "the user's own filter is not asked: it has been taught {junk} junk and {wanted} wanted messages,"
    " of {least} each that it needs",
    "该用户的过滤器不参与判断：已学习垃圾邮件 {junk} 封、正常邮件 {wanted} 封，各需至少 {least} 封",
)
# The checks.
SCORE: Pair = ("{score:g} points in all; {limits}", "总分 {score:g}；{limits}")
_CHECK: Pair = ("{text}{points}{action}", "{text}{points}{action}")
_POINTS: Pair = (" ({score:+g} points)", "（{score:+g} 分）")
_ACTION: Pair = (": {action}", "：{action}")
# What the client would be answered.
TAKEN: Pair = ("{reply}", "接收（{reply}）")
PUT_OFF: Pair = ("{reply}", "推迟（{reply}）")
PUT_OFF_BECAUSE: Pair = ("{reply}", "推迟：{why}（{reply}）")
REFUSED: Pair = ("{reply}", "拒收（{reply}）")
REFUSED_BECAUSE: Pair = ("{reply}", "拒收：{why}（{reply}）")


def said(pair: Pair, **facts: object) -> Pair:
    """The sentence in both languages, filled in; a fact that is a pair itself is said in each."""
    filled = [
        form.format(**{name: fact[at] if isinstance(fact, tuple) else fact for name, fact in facts.items()})
        for at, form in enumerate(pair)
    ]
    return filled[0], filled[1]


def refused(error: MailError) -> Pair:
    """What an error tells whom it refuses something."""
    usual = error.public == type(error).public
    return error.public, CHINESE.get(error.kind, error.public) if usual else DETAILS.in_chinese(error.public)


def check(finding: Finding) -> Pair:
    """What a check has seen, and what it counts or asks for."""
    action = finding.action
    return said(
        _CHECK,
        text=(finding.text, FOUND.in_chinese(finding.text)),
        points=said(_POINTS, score=finding.score) if finding.score else "",
        action=said(_ACTION, action=(action.name.lower(), ACTIONS[action][1])) if action is not None else "",
    )


def step(one: Step) -> Pair:
    """What would be done for one recipient: its facts, and why it would go wrong."""
    way = f"{one.recipient} -> {one.target}" if one.target else one.recipient
    facts = (way, one.mailbox, one.rule)
    chinese = FOUND.in_chinese(one.text)
    why = _phrase(reasons.why(one, "zh")) if chinese == one.text else ""
    return _listed(": ", *facts, one.status, one.text), _listed("：", *facts, why, one.status, chinese)


def answer(reply: Reply, rule: str = "") -> Pair:
    """What the client would hear; ``rule``: what it was refused by."""
    words = " ".join(str(part) for part in (reply.code, reply.status, reply.text) if part)
    if reply.positive:
        return said(TAKEN, reply=words)
    why = _phrase(reasons.why(Step(Act.REFUSED, status=reply.status, text=reply.text, rule=rule), "zh"))
    if reply.temporary:
        return said(PUT_OFF_BECAUSE if why else PUT_OFF, reply=words, why=why)
    return said(REFUSED_BECAUSE if why else REFUSED, reply=words, why=why)


def _phrase(sentence: str) -> str:
    return sentence.removesuffix("。")


def _listed(colon: str, *facts: str) -> str:
    return colon.join(fact for fact in facts if fact)
