"""The grammar of ``mailnode filter …``."""

from __future__ import annotations

from mailnode.cli.grammar import ADDRESS, Commands, as_json, noun, verb
from mailnode.cli.language import Text


def add(commands: Commands) -> None:
    """Add the noun."""
    made = noun(
        commands,
        "filter",
        Text("content filters, and what users have taught theirs", "内容过滤器，以及用户教给自己过滤器的内容"),
    )
    status = verb(
        made,
        "status",
        Text(
            "what a user's filter has learned; without an address: whether the content filters answer",
            "用户的过滤器学到了什么；不给地址时：内容过滤器是否应答",
        ),
        "filter",
        "status",
    )
    status.add_argument("address", nargs="?", metavar="ADDRESS", help=str(ADDRESS))
    as_json(status)
    forget = verb(made, "forget", Text("let a user's filter begin anew", "让用户的过滤器从头开始"), "filter", "forget")
    forget.add_argument("address", metavar="ADDRESS", help=str(ADDRESS))
