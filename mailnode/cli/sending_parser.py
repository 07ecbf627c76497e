"""The grammar of what concerns sending: the queue, and how much may be sent."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError

from mailnode.cli.grammar import ADDRESS, Commands, as_json, noun, verb
from mailnode.cli.language import Text

LIMITS = {
    "hourly_messages": Text("messages an hour", "每小时邮件数"),
    "hourly_recipients": Text("recipients an hour", "每小时收件人数"),
    "daily_messages": Text("messages a day", "每天邮件数"),
    "daily_recipients": Text("recipients a day", "每天收件人数"),
    "burst_recipients": Text("recipients an hour that are never a burst", "每小时不视为突发的收件人数"),
}

NO_LIMIT = Text("{text} is no number from 0, nor is it default", "{text} 不是从 0 开始的数字，也不是 default")


def add(commands: Commands) -> None:
    """Add the nouns of this file."""
    _queue(noun(commands, "queue", Text("mail that still has to leave", "等待发出的邮件")))
    _limits(noun(commands, "limits", Text("how much users and domains may send", "用户和域的发信限额")))
    about = Text("addresses that nothing is sent to for now", "暂不发信的地址")
    _suppressed(noun(commands, "suppressed", about))
    about = Text("list complaints about what was sent", "列出对所发邮件的投诉")
    complaints = verb(commands, "complaints", about, "suppression", "list_complaints")
    about = Text("how many each user had in 30 days", "每个用户 30 天内的投诉数")
    complaints.add_argument("--count", action="store_true", help=str(about))
    as_json(complaints)


def number(text: str) -> int | None:
    """A limit; "default" is None."""
    if text == "default":
        return None
    if not (text.isascii() and text.isdigit()):
        raise ArgumentTypeError(NO_LIMIT(text=repr(text)))
    return int(text)


def _queue(commands: Commands) -> None:
    listing = verb(commands, "list", Text("list what waits", "列出等待中的邮件"), "queue", "list_all")
    _chosen(listing)
    as_json(listing)
    show = verb(commands, "show", Text("show one message's recipients", "显示一封邮件的收件人"), "queue", "show")
    show.add_argument("id", type=int, metavar="ID")
    as_json(show)
    orders = {
        "retry": Text("try again now; everything, if nothing is chosen", "立即重试；不加选择则重试全部"),
        "hold": Text("do not try any more", "暂停发送"),
        "release": Text("undo hold and freeze", "恢复发送，并解除冻结"),
        "expire": Text("give up now; the senders are told", "立即放弃并通知发件人"),
        "delete": Text("forget the messages; nobody is told", "删除邮件，不通知任何人"),
    }
    for name, about in orders.items():
        order = verb(commands, name, about, "queue", name)
        order.add_argument("id", type=int, nargs="?", metavar="ID")
        _chosen(order)
        order.set_defaults(wrong=order.error)
    about = Text("list where mail goes, and what was learnt", "列出投递目的地及学到的速率")
    as_json(verb(commands, "destinations", about, "queue", "destinations"))
    about = Text("list how TLS with other hosts went, day by day", "列出与其他主机的 TLS 情况（按天）")
    tls = verb(commands, "tls", about, "tls_results", "list_all")
    tls.add_argument("--domain", default="", metavar="NAME", help=str(Text("only this destination", "仅此目的地")))
    tls.add_argument("--failed", action="store_true", help=str(Text("only what went wrong", "仅失败的")))
    as_json(tls)
    about = Text("hold what waits, and what comes later", "暂停已有的和以后到来的邮件")
    freeze = verb(commands, "freeze", about, "queue", "freeze")
    _chosen(freeze)
    freeze.set_defaults(wrong=freeze.error)
    freeze.add_argument("--reason", default="", metavar="TEXT", help=str(Text("why, for others to read", "原因说明")))
    as_json(verb(commands, "frozen", Text("list what is frozen", "列出被冻结的项"), "queue", "frozen"))


def _chosen(parser: ArgumentParser) -> None:
    about = Text("only this recipient", "仅此收件人")
    parser.add_argument("--recipient", metavar="ADDRESS", help=str(about))
    about = Text("only what goes to this domain", "仅发往此域的邮件")
    parser.add_argument("--domain", metavar="NAME", help=str(about))
    parser.add_argument("--user", metavar="ADDRESS", help=str(Text("only what this user sends", "仅此用户发出的邮件")))


def _limits(commands: Commands) -> None:
    about = Text("show limits and what was sent", "显示限额和已发送的数量")
    show = verb(commands, "show", about, "limits", "show")
    whose = str(Text("a user's address or a domain", "用户地址或域名"))
    show.add_argument("name", metavar="NAME", help=whose)
    as_json(show)
    change = verb(commands, "set", Text("change limits", "修改限额"), "limits", "change")
    change.add_argument("name", metavar="NAME", help=whose)
    about = Text("each user of the domain, not all together", "该域的每个用户，而非全域合计")
    change.add_argument("--each", action="store_true", help=str(about))
    for name, about in LIMITS.items():
        option = "--" + name.replace("_", "-")
        words = Text(f"{about.en}; 0: no limit; default", f"{about.zh}；0 为不限；default 为默认值")
        change.add_argument(option, dest=name, type=number, default=SUPPRESS, metavar="NUMBER", help=str(words))


def _suppressed(commands: Commands) -> None:
    as_json(verb(commands, "list", Text("list them", "列出"), "suppression", "list_all"))
    made = verb(commands, "add", Text("add one, for a month", "添加一个，为期一个月"), "suppression", "add")
    made.add_argument("domain", metavar="DOMAIN", help=str(Text("from which domain here", "此处的哪个域")))
    made.add_argument("address", metavar="ADDRESS", help=str(ADDRESS))
    made.add_argument("--reason", default="", metavar="TEXT", help=str(Text("why, for others to read", "原因说明")))
    about = Text("let an address be written to again", "恢复向某个地址发信")
    verb(commands, "lift", about, "suppression", "lift").add_argument("address", metavar="ADDRESS", help=str(ADDRESS))


def release(commands: Commands) -> None:
    """``mailnode user release``"""
    about = Text("let a user whose sending is frozen send again", "恢复被冻结的用户的发信")
    verb(commands, "release", about, "limits", "release").add_argument("address", metavar="ADDRESS", help=str(ADDRESS))
