"""`mailnode transport …`."""

from __future__ import annotations

from argparse import Namespace
from urllib.parse import unquote, urlsplit

from mailnode.cli import password
from mailnode.cli import show as shown
from mailnode.cli.language import Text
from mailnode.cli.opened import opened
from mailnode.directory import transports
from mailnode.directory.models import Transport
from mailnode.directory.transports import Exit
from mailnode.errors import BadTransport

SET = Text("Mail for {pattern} leaves {way}, from some seconds on", "{pattern} 的邮件将在数秒后{way}")
REMOVED = Text("Removed {pattern}", "已删除 {pattern}")
THROUGH = Text("through {host}", "通过 {host} 发出")
FROM = Text("from {source}", "从 {source} 发出")
WRITE = Text(
    "Write smtp://host:port or smtps://user@host:port; the password comes by standard input",
    "请写成 smtp://host:port 或 smtps://user@host:port；密码从标准输入读取",
)
TITLES = {
    "pattern": Text("Domain", "域"),
    "host": Text("Host", "主机"),
    "port": Text("Port", "端口"),
    "tls": Text("TLS", "TLS"),
    "login": Text("User", "用户"),
    "source": Text("From", "源地址"),
}


def list_all(chosen: Namespace) -> None:
    with opened() as home:
        rows = home.read(lambda tx: [_row(one) for one in transports.transports(tx)])
    shown.table(rows, TITLES, as_json=chosen.json)


def change(chosen: Namespace) -> None:
    wanted = _wanted(chosen)
    with opened() as home:
        made = home.write(lambda tx: _row(transports.put(tx, wanted)))
    way = THROUGH(host=wanted.host) if wanted.host else FROM(source=wanted.source)
    print(SET(pattern=made["pattern"], way=way))


def remove(chosen: Namespace) -> None:
    with opened() as home:
        home.write(lambda tx: transports.remove(tx, chosen.pattern))
    print(REMOVED(pattern=chosen.pattern))


def _wanted(chosen: Namespace) -> Exit:
    """Raises BadTransport."""
    if not chosen.to:
        return Exit(chosen.pattern, tls=chosen.tls or "opportunistic", source=chosen.source)
    try:
        url = urlsplit(chosen.to)
        port = url.port
    except ValueError:
        raise BadTransport from None
    if url.scheme not in ("smtp", "smtps") or not url.hostname or url.password is not None:
        raise BadTransport(str(WRITE))
    implicit = url.scheme == "smtps"
    login = unquote(url.username) if url.username else None
    secret = password.read() if chosen.password_stdin else None
    tls = chosen.tls or ("verified" if login else "opportunistic")
    return Exit(
        chosen.pattern, url.hostname, port or (465 if implicit else 25), tls, implicit, login, secret, chosen.source
    )


def _row(one: Transport) -> dict[str, shown.Fact]:
    return {
        "pattern": one.pattern,
        "host": one.host or None,
        "port": one.port if one.host else None,
        "tls": one.tls,
        "implicit": one.implicit,
        "login": one.login,
        "source": one.source or None,
        "created_at": one.created_at,
    }
