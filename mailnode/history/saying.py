"""The history in sentences for people, in English and Chinese. What other hosts said stays in their words.

What checks have found is kept in English; its Chinese is looked up.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailnode.directory.addresses import readable
from mailnode.findings import Action, Finding
from mailnode.history import reasons
from mailnode.history.details import BY_HTTP, Act, Arrival, Step, What
from mailnode.history.finding import Row
from mailnode.language import Language
from mailnode.sentences import FOUND

Pair = tuple[str, str]

_WHAT: dict[What, Pair] = {
    What.RECEIVED: ("Received from {sender}", "收到来自 {sender} 的邮件"),
    What.SUBMITTED: ("Sent by {sender}", "由 {sender} 发出"),
    What.REFUSED: ("Refused a message from {sender}", "拒收来自 {sender} 的邮件"),
    What.DELIVERED: ("Brought to mailboxes here", "投递到本站邮箱"),
    What.ATTEMPTED: ("Tried to bring it to another host", "尝试发送到其他主机"),
    What.REPORTED: ("Told the sender {sender}", "已通知发件人 {sender}"),
    What.HANDLED: ("Somebody changed its course", "被人工处理"),
}
_ACT: dict[Act, Pair] = {
    Act.KEPT: ("{to}: put into {mailbox}", "{to}：存入 {mailbox}"),
    Act.QUEUED: ("{to}: waits in the queue as {queue_id}", "{to}：在队列中等待，编号 {queue_id}"),
    Act.SENT: ("{to}: taken by {host}", "{to}：已由 {host} 接收"),
    Act.DEFERRED: ("{to}: not now, it will be tried again", "{to}：暂时无法投递，稍后重试"),
    Act.FAILED: ("{to}: cannot be delivered", "{to}：无法投递"),
    Act.REFUSED: ("{to}: refused by the rule {rule}", "{to}：被规则 {rule} 拒收"),
    Act.FORWARDED: ("{to}: sent on, in the queue as {queue_id}", "{to}：已转发，队列编号 {queue_id}"),
    Act.DISCARDED: ("{to}: discarded by the rule {rule}", "{to}：被规则 {rule} 丢弃"),
    Act.BOUNCED: ("{to}: the sender was told that it cannot be delivered", "{to}：已告知发件人无法投递"),
    Act.WARNED: ("{to}: the sender was told that it is late", "{to}：已告知发件人邮件延迟"),
    Act.CONFIRMED: ("{to}: the sender was told that it arrived", "{to}：已告知发件人邮件送达"),
    Act.HELD: ("{to}: held until it is released", "{to}：已暂停，等待恢复"),
    Act.RELEASED: ("{to}: released", "{to}：已恢复"),
    Act.RETRIED: ("{to}: to be tried again now", "{to}：将立即重试"),
    Act.REMOVED: ("{to}: removed by hand", "{to}：已被人工删除"),
    Act.CALLED_BACK: ("{to}: called back by its sender", "{to}：已被发件人撤回"),
    Act.QUARANTINED: ("{to}: kept back in quarantine", "{to}：已隔离"),
    Act.ARRIVED: ("{to}: arrived", "{to}：已送达"),
}
_TIMES: Pair = ("{times} times", "{times} 次")
_FROM: Pair = ("from {client}", "来自 {client}")
_NAMED: Pair = ("which calls itself {hello}", "自称 {hello}")
_LOGGED_IN: Pair = ("logged in as {user}", "登录用户 {user}")
_OVER: Pair = ("over HTTP", "通过 HTTP")
_CLEAR: Pair = ("without TLS", "未加密")
_SECURE: Pair = ("with {tls}", "使用 {tls}")
_PROVED: dict[str, Pair] = {
    "opportunistic": ("name not verified", "未验证主机名"),
    "mta-sts": ("verified by MTA-STS", "经 MTA-STS 验证"),
    "dane": ("verified by DANE", "经 DANE 验证"),
    "certificate": ("verified by its certificate", "经证书验证"),
}
_SAID: Pair = ("{host} said: {text}", "{host} 答复：{text}")
_ALL: Pair = ("everybody", "全部收件人")
_NULL: Pair = ("<> (a report)", "<>（系统报告）")
_SCORE: Pair = ("{rule}: {text} ({score:+g} points)", "{rule}：{text}（{score:+g} 分）")
_FOUND: Pair = ("{rule}: {text}", "{rule}：{text}")
ACTIONS: dict[Action, Pair] = {
    Action.TAKE: ("taken", "接收"),
    Action.TAG: ("tagged", "标记"),
    Action.JUNK: ("to Junk", "放入垃圾邮件"),
    Action.QUARANTINE: ("to quarantine", "隔离"),
    Action.DEFER: ("put off", "推迟"),
    Action.REJECT: ("refused", "拒收"),
}


def heading(row: Row, language: Language) -> str:
    """What the row is about, in one line."""
    return _in(_WHAT[row.what], language).format(sender=readable(row.sender) or _in(_NULL, language))


def lines(row: Row, language: Language) -> Iterator[str]:
    """Everything that the row tells: who brought it, what was found, and step after step."""
    if any(row.detail.arrival):
        yield arrival(row.detail.arrival, language)
    for finding in row.detail.findings:
        yield found(finding, language)
    for step in row.detail.steps:
        yield told(step, language)
        why = reasons.why(step, language) if step.act is Act.REFUSED else ""
        if why and why not in step.text:  # it may be the very words of the reply
            yield f"  {why}"


def arrival(client: Arrival, language: Language) -> str:
    """Who brought the message."""
    place = f"{client.name} [{client.address}]" if client.name else client.address
    parts = [_in(_FROM, language).format(client=place or client.with_)]
    if client.hello and client.hello != client.name:
        parts.append(_in(_NAMED, language).format(hello=client.hello))
    if client.user:
        parts.append(_in(_LOGGED_IN, language).format(user=client.user))
    if client.address and client.with_ == BY_HTTP:  # a proxy may have ended its TLS
        parts.append(_in(_OVER, language))
    elif client.address:
        parts.append(_in(_SECURE, language).format(tls=client.tls) if client.tls else _in(_CLEAR, language))
    return _joined(parts, language)


def found(finding: Finding, language: Language) -> str:
    """What a check saw, and what it counts or asks for."""
    pattern = _in(_SCORE if finding.score else _FOUND, language)
    said = pattern.format(rule=finding.rule, text=FOUND.told(finding.text, language), score=finding.score)
    return said if finding.action is None else _joined([said, _in(ACTIONS[finding.action], language)], language)


def told(step: Step, language: Language) -> str:
    """One step."""
    to = readable(step.recipient) or _in(_ALL, language)
    said = _in(_ACT[step.act], language).format(
        to=f"{to} → {readable(step.target)}" if step.target else to,
        mailbox=step.mailbox,
        queue_id=step.queue_id,
        rule=step.rule,
        host=step.host,
    )
    parts = [said]
    replied = bool(step.host) and step.text[:3].isdigit()  # a host's words begin with its code; else it said nothing
    if step.tls or replied:
        parts.append(_way(step, language))
    if step.times > 1:
        parts.append(_in(_TIMES, language).format(times=step.times))
    if replied:
        return f"{_joined(parts, language)}; " + _in(_SAID, language).format(host=step.host, text=step.text)
    words = " ".join(part for part in (step.status, step.text.removeprefix(f"{step.rule}: ")) if part)
    return f"{_joined(parts, language)}: {words}" if words else _joined(parts, language)


def _way(step: Step, language: Language) -> str:
    """How the connection to the host was protected."""
    level, _, tls = step.tls.partition(" ")
    if not level:
        return _in(_CLEAR, language)
    secure = _in(_SECURE, language).format(tls=tls or "TLS")
    return _joined([secure, _in(_PROVED[level], language)], language) if level in _PROVED else secure


def _joined(parts: list[str], language: Language) -> str:
    return ("，" if language == "zh" else ", ").join(parts)


def _in(pair: Pair, language: Language) -> str:
    return pair[1] if language == "zh" else pair[0]
