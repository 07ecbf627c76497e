"""The grammar of `mailnode history` and `mailnode explain`."""

from __future__ import annotations

from argparse import ArgumentTypeError

from mailnode.cli.grammar import Commands, as_json, verb
from mailnode.cli.language import Text

NO_NUMBER = Text("{text} is no number from 1", "{text} 不是从 1 起的数字")


def number(text: str) -> int:
    """How many rows: one at least."""
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text)):
        raise ArgumentTypeError(NO_NUMBER(text=repr(text)))
    return int(text)


def add(commands: Commands) -> None:
    """Both commands."""
    about = Text("what became of messages, and what was refused", "邮件的去向，以及被拒收的邮件")
    made = verb(commands, "history", about, "history", "history")
    made.add_argument("--address", help=str(Text("of this sender or recipient", "该发件人或收件人的")))
    made.add_argument("--message-id", help=str(Text("the message with this Message-ID", "具有该 Message-ID 的邮件")))
    about = Text("the id that the sender was told, or the one in the queue", "告知发件人的编号，或队列中的编号")
    made.add_argument("--id", help=str(about))
    made.add_argument("--refused", action="store_true", help=str(Text("only what was refused", "仅被拒收的")))
    about = Text("the newest so many (100)", "最新的若干条（100）")
    made.add_argument("--limit", type=number, default=100, metavar="NUMBER", help=str(about))
    as_json(made)
    about = Text(
        "what would become of a message, and why, without sending it", "一封邮件会被如何处理及其原因，并不实际发送"
    )
    made = verb(commands, "explain", about, "explain", "main")
    about = Text("the sender of the envelope; empty for a report", "信封发件人；空表示系统报告")
    made.add_argument("--from", dest="sender", required=True, metavar="ADDRESS", help=str(about))
    about = Text("the recipient", "收件人")
    made.add_argument("--to", dest="recipient", required=True, metavar="ADDRESS", help=str(about))
    about = Text("where it comes from; else a stranger of whom nothing is known", "来源地址；默认为一个未知的陌生主机")
    made.add_argument("--ip", help=str(about))
    made.add_argument("--helo", metavar="NAME", help=str(Text("what the client calls itself", "客户端自报的名称")))
    about = Text("the message; - is standard input", "邮件文件；- 表示标准输入")
    made.add_argument("--file", metavar="FILE", help=str(about))
    about = Text("as if this user had logged in at the submission port", "视为该用户已登录提交端口")
    made.add_argument("--login", metavar="USER", help=str(about))
    as_json(made)
