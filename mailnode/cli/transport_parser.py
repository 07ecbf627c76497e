"""The grammar of transports."""

from __future__ import annotations

from mailnode.cli.grammar import Commands, as_json, noun, verb
from mailnode.cli.language import Text


def add(commands: Commands) -> None:
    """Add ``mailnode transport …``."""
    about = Text("another way out for some domains than their MX", "某些域不按 MX 记录发送")
    transport = noun(commands, "transport", about)
    as_json(verb(transport, "list", Text("list the transports", "列出所有传输路由"), "transport", "list_all"))
    change = verb(transport, "set", Text("make or replace one", "创建或替换一条"), "transport", "change")
    pattern = str(Text("a domain, *.domain for all below it, or *", "域名；*.域名 表示其全部子域；* 表示全部"))
    change.add_argument("pattern", metavar="PATTERN", help=pattern)
    about = Text(
        "hand the mail to this host: smtp://host:port, smtps://user@host:port",
        "将邮件交给此主机：smtp://host:port、smtps://user@host:port",
    )
    change.add_argument("--to", metavar="URL", default="", help=str(about))
    about = Text("what its TLS must be; with a user always verified", "对其 TLS 的要求；有用户名时总为 verified")
    change.add_argument("--tls", choices=("opportunistic", "required", "verified"), default=None, help=str(about))
    about = Text("send from this address of the machine", "从本机的此地址发出")
    change.add_argument("--from", dest="source", metavar="IP", default="", help=str(about))
    about = Text("read the password from standard input", "从标准输入读取密码")
    change.add_argument("--password-stdin", action="store_true", help=str(about))
    about = Text("by MX again, or the smarthost", "恢复按 MX 或 smarthost 发送")
    verb(transport, "remove", about, "transport", "remove").add_argument("pattern", metavar="PATTERN", help=pattern)
