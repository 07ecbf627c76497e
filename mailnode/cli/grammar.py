"""What every part of the command line's grammar is made of. Imports nothing of the mail system."""

from __future__ import annotations

from argparse import ArgumentParser, _SubParsersAction
from typing import TypeAlias

from mailnode.cli.language import Text

Commands: TypeAlias = "_SubParsersAction[ArgumentParser]"  # argparse gives it no public name

JSON = Text("print JSON", "输出 JSON")
DOMAIN = Text("a domain name", "域名")
ADDRESS = Text("an address, such as anna@example.com", "地址，例如 anna@example.com")


def noun(commands: Commands, name: str, about: Text) -> Commands:
    """A first word that has others behind it: ``mailnode user …``."""
    made: Commands = commands.add_parser(name, help=str(about), description=str(about)).add_subparsers(
        metavar="COMMAND", required=True
    )
    return made


def verb(commands: Commands, name: str, about: Text, module: str, function: str) -> ArgumentParser:
    """A last word; ``function`` of ``mailnode.cli.module`` carries it out."""
    made: ArgumentParser = commands.add_parser(name, help=str(about), description=str(about))
    made.set_defaults(module=module, function=function)
    return made


def as_json(parser: ArgumentParser) -> None:
    """``--json``"""
    parser.add_argument("--json", action="store_true", help=str(JSON))
