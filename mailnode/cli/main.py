"""From the arguments to the one module that carries the command out, and from any error to one sentence."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from importlib import import_module

from mailnode.cli import parser
from mailnode.cli.language import Text, language

DATABASE = Text(
    "The database cannot be used: {cause}. Run: mailnode doctor", "数据库无法使用：{cause}。请运行：mailnode doctor"
)
NO_SCHEMA = Text("The database has no tables yet; run: mailnode init", "数据库中还没有表；请运行：mailnode init")
UNEXPECTED = Text(
    "Something unexpected went wrong ({cause}); to see the details set MAILNODE_LOG_LEVEL=debug and repeat",
    "发生了意外错误（{cause}）；要查看详情，请设置 MAILNODE_LOG_LEVEL=debug 后重试",
)
NO_FILE = Text("There is no file {name}", "没有文件 {name}")
UNUSABLE_FILE = Text("{name} cannot be used: {cause}", "{name} 无法使用：{cause}")
INTERRUPTED = Text("Interrupted", "已中断")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    chosen = parser.build().parse_args(arguments)
    try:
        return _run(chosen)
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return _refuse(str(INTERRUPTED))
    except Exception as error:
        if os.environ.get("MAILNODE_LOG_LEVEL") == "debug":
            raise
        return _refuse(_sentence(error))


def _run(chosen: Namespace) -> int:
    from mailnode import log

    debug = os.environ.get("MAILNODE_LOG_LEVEL") == "debug"
    log.configure("text", "debug" if debug else "error")  # a server sets up its own
    module = import_module(f"mailnode.cli.{chosen.module}")
    status = getattr(module, chosen.function)(chosen)
    sys.stdout.flush()
    return status or 0


def _refuse(sentence: str) -> int:
    print(f"mailnode: {sentence}", file=sys.stderr)
    return 1


def _sentence(error: Exception) -> str:
    from sqlalchemy.exc import DBAPIError

    from mailnode import unusable
    from mailnode.errors import MailError
    from mailnode.node.saying import refused
    from mailnode.settings import BadSettings

    match error:
        case MailError():
            english, chinese = refused(error)
            return chinese if language() == "zh" else english
        case BadSettings():
            return unusable.told(error)
        case DBAPIError():
            cause = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
            if "no such table" in cause or ("relation" in cause and "does not exist" in cause):
                return str(NO_SCHEMA)
            return DATABASE(cause=cause)
        case FileNotFoundError(filename=name) if name:
            return NO_FILE(name=name)
        case OSError(filename=name, strerror=cause) if name:
            return UNUSABLE_FILE(name=name, cause=cause)
        case _:
            return UNEXPECTED(cause=f"{type(error).__name__}: {error}".rstrip(": "))
