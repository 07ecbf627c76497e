"""The grammar of `mailnode history` and `mailnode explain`."""

from __future__ import annotations

from mailnode.cli.grammar import Commands, as_json, verb
from mailnode.cli.language import Text


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
    made.add_argument("--limit", type=int, default=100, metavar="NUMBER", help=str(about))
    as_json(made)
