"""The grammar of ``mailnode quarantine …``."""

from __future__ import annotations

from mailnode.cli.grammar import Commands, as_json, noun, verb
from mailnode.cli.language import Text


def add(commands: Commands) -> None:
    """Add the noun."""
    made = noun(
        commands, "quarantine", Text("mail that is kept back from its recipients", "被隔离、未交给收件人的邮件")
    )
    as_json(verb(made, "list", Text("list what is kept back", "列出被隔离的邮件"), "quarantine", "list_all"))
    as_json(verb(made, "usage", Text("show how full it is", "显示隔离区的用量"), "quarantine", "usage"))
    show = verb(made, "show", Text("show one message and why", "显示一封邮件及其原因"), "quarantine", "show")
    show.add_argument("id", type=int, metavar="ID")
    show.add_argument("--raw", action="store_true", help=str(Text("print the message itself", "输出邮件原文")))
    as_json(show)
    orders = {
        "release": Text("let a message go to its recipients", "放行邮件，交给其收件人"),
        "delete": Text("forget a message; nobody is told", "删除邮件，不通知任何人"),
    }
    for name, words in orders.items():
        verb(made, name, words, "quarantine", name).add_argument("id", type=int, metavar="ID")
