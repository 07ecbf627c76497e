"""What `mailnode doctor` looks at: data folder, database, bodies, names, certificate, relaying, ports.

A check gives findings and changes nothing that stays. One that cannot be carried out is a finding
too, never an error.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from mailnode import certificates, database, migrations
from mailnode.cli.language import Text
from mailnode.database import utcnow
from mailnode.listening import bind
from mailnode.node.doors import PROTOCOLS, WEB
from mailnode.settings import BadSettings, Listen, Settings
from mailnode.store.blobs import Damaged, open_blobs

Level = Literal["ok", "warning", "wrong"]
LITTLE_SPACE = 1024**3  # bytes
RENEW_BEFORE = timedelta(days=14)

DATA = Text("data folder", "数据文件夹")
DATABASE = Text("database", "数据库")
BODIES = Text("message bodies", "邮件正文")
HOSTNAME = Text("host name", "主机名")
CERTIFICATE = Text("certificate", "证书")
ANOTHER = Text("put another certificate and its key in their place", "请换用另一份证书及其密钥")
PORT = Text("port {name}", "端口 {name}")
MYNETWORKS = Text("networks that may relay", "允许转发的网络")
SMARTHOST = Text("smarthost", "中继主机")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the answer; ``advice`` says what to do where the level is not ok."""

    level: Level
    subject: str
    found: str
    advice: str = ""


def check_all(settings: Settings) -> Iterator[Finding]:
    """Everything on this machine; the DNS is looked at elsewhere."""
    folder = list(data_folder(settings))
    yield from folder
    if folder[0].level == "wrong":  # the rest would only repeat it
        return
    yield schema(settings)
    yield bodies(settings)
    yield hostname(settings)
    yield certificate(settings)
    yield from relaying(settings)
    yield from ports(settings)


def data_folder(settings: Settings) -> Iterator[Finding]:
    folder, subject = settings.data_dir, str(DATA)
    if not folder.is_dir():
        advice = Text("run: mailnode init", "请运行：mailnode init")
        yield Finding("wrong", subject, Text("{folder} is not there", "{folder} 不存在")(folder=folder), str(advice))
        return
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        advice = Text("give it to the user that runs mailnode: chown -R", "将其交给运行 mailnode 的用户：chown -R")
        yield Finding(
            "wrong", subject, Text("no right to write to {folder}", "无权写入 {folder}")(folder=folder), str(advice)
        )
        return
    if folder.stat().st_mode & (stat.S_IROTH | stat.S_IXOTH):
        found = Text("everybody on this machine may read {folder}", "本机所有人都可读取 {folder}")(folder=folder)
        yield Finding("warning", subject, found, f"chmod 700 {folder}")
    free = shutil.disk_usage(folder).free
    found = Text("{folder}, {free} MiB free", "{folder}，剩余 {free} MiB")(folder=folder, free=free // 1024**2)
    if free < LITTLE_SPACE:
        yield Finding("warning", subject, found, str(Text("make room on this disk", "请清理磁盘空间")))
    else:
        yield Finding("ok", subject, found)


def schema(settings: Settings) -> Finding:
    subject = str(DATABASE)
    engine = database.engine(settings)
    try:
        with engine.connect() as conn:
            outdated = migrations.is_outdated(conn)
        if not outdated:
            return Finding("ok", subject, engine.url.render_as_string(hide_password=True))
        found = Text("no schema, or an older one", "没有数据表，或版本较旧")
        return Finding("wrong", subject, str(found), str(Text("run: mailnode init", "请运行：mailnode init")))
    except BadSettings as newer:
        return Finding("wrong", subject, str(newer), str(Text("install that version", "请安装该版本")))
    except Exception as error:  # whatever a driver may raise
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        advice = Text(
            "start the database, look at MAILNODE_DATABASE_URL, run: mailnode init",
            "请启动数据库，检查 MAILNODE_DATABASE_URL，并运行：mailnode init",
        )
        return Finding("wrong", subject, cause, str(advice))
    finally:
        engine.dispose()


def bodies(settings: Settings) -> Finding:
    """Store a small body, read it back, and let go of it."""
    subject, probe = str(BODIES), b"mailnode doctor\r\n"
    place = settings.blob_url or str(settings.data_dir / "blobs")
    try:
        home = open_blobs(settings)
        try:
            kept = home.put(hashlib.sha256(probe).digest(), probe)
            home.sync()
            whole = home.read(kept) == probe
            home.forget([kept])
        finally:
            home.close()
    except (OSError, Damaged, ValueError) as error:
        whole, place = False, f"{place}: {error}"
    if whole:
        return Finding("ok", subject, place)
    advice = Text(
        "look at MAILNODE_BLOB_URL, the credentials in AWS_…, and the space left",
        "请检查 MAILNODE_BLOB_URL、AWS_… 中的凭据和剩余空间",
    )
    return Finding("wrong", subject, place, str(advice))


def hostname(settings: Settings) -> Finding:
    name = settings.hostname
    if "." in name.strip(".") and not name.endswith((".local", ".localdomain", ".internal")):
        return Finding("ok", str(HOSTNAME), name)
    advice = Text(
        "set MAILNODE_HOSTNAME to the name that the world finds this machine by, such as mail.example.com",
        "请将 MAILNODE_HOSTNAME 设为外界可解析到本机的名称，例如 mail.example.com",
    )
    found = Text("{name} means nothing to others", "{name} 对外界没有意义")(name=name)
    return Finding("warning", str(HOSTNAME), found, str(advice))


def certificate(settings: Settings) -> Finding:
    subject = str(CERTIFICATE)
    try:
        certificates.context(settings)
        ends = certificates.expires(settings)
    except BadSettings as error:
        missing = isinstance(error.__cause__, FileNotFoundError)
        advice = _for_missing(settings) if missing else ANOTHER
        return Finding("wrong", subject, str(error), str(advice))
    own = not certificates.is_self_made(settings)
    found = Text("valid until {day}", "有效期至 {day}")(day=ends.date())
    renew = Text("renew it, then: kill -HUP the server", "请续期，然后向服务器发送 SIGHUP")
    if ends < utcnow():
        return Finding("wrong", subject, found, str(renew))
    if ends < utcnow() + RENEW_BEFORE:
        return Finding("warning", subject, found, str(renew))
    if own:
        return Finding("ok", subject, found)
    advice = Text(
        "mail programs warn of a self-signed certificate; set MAILNODE_ACME_DIRECTORY, or MAILNODE_TLS_CERTIFICATE "
        "and MAILNODE_TLS_KEY",
        "邮件程序会对自签名证书提出警告；请设置 MAILNODE_ACME_DIRECTORY，"
        "或 MAILNODE_TLS_CERTIFICATE 和 MAILNODE_TLS_KEY",
    )
    return Finding("warning", subject, found, str(advice))


def _for_missing(settings: Settings) -> Text:
    if certificates.is_self_made(settings):
        return Text("run: mailnode init", "请运行：mailnode init")
    return Text(
        "put the file there, or set MAILNODE_TLS_CERTIFICATE and MAILNODE_TLS_KEY to others",
        "请将该文件放在此处，或将 MAILNODE_TLS_CERTIFICATE 和 MAILNODE_TLS_KEY 改为其他文件",
    )


def relaying(settings: Settings) -> Iterator[Finding]:
    """Who may send to the whole world without a password, and whether the host that takes it all is there."""
    open_to = [str(network) for network in settings.mynetworks if not network.is_private]
    if open_to:
        advice = Text(
            "anybody there may send anything in your name; leave only your own machines in MAILNODE_MYNETWORKS",
            "那里的任何人都能以您的名义发信；MAILNODE_MYNETWORKS 中请只保留自己的机器",
        )
        yield Finding("warning", str(MYNETWORKS), ", ".join(open_to), str(advice))
    if settings.smarthost is not None:
        host = Listen(settings.smarthost.host, settings.smarthost.port)
        if _answers(host):
            yield Finding("ok", str(SMARTHOST), str(host))
        else:
            found = Text("{host} does not answer", "{host} 没有应答")(host=host)
            advice = Text("look at MAILNODE_SMARTHOST and at that host", "请检查 MAILNODE_SMARTHOST 和该主机")
            yield Finding("wrong", str(SMARTHOST), found, str(advice))


def ports(settings: Settings) -> Iterator[Finding]:
    wanted = [(one.name, listen) for one in PROTOCOLS for listen in one.listens(settings)]
    wanted += [(name, listen) for name in WEB for listen in getattr(settings, f"listen_{name}")]
    for name, listen in wanted:
        yield _port(name, listen)


def _port(name: str, listen: Listen) -> Finding:
    subject = PORT(name=name)
    setting = f"MAILNODE_LISTEN_{name.upper()}"
    try:
        for one in bind(listen, shared=False):
            one.close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE and _answers(listen):
            found = Text(
                "something answers on {listen}: Mailnode, if it runs", "{listen} 有程序应答：可能是正在运行的 Mailnode"
            )
            return Finding("ok", subject, found(listen=listen))
        if error.errno == errno.EACCES:
            advice = Text("run as root, or grant CAP_NET_BIND_SERVICE", "请以 root 运行，或授予 CAP_NET_BIND_SERVICE")
            return Finding(
                "wrong",
                subject,
                Text("no right to listen on {listen}", "无权监听 {listen}")(listen=listen),
                str(advice),
            )
        change = Text("change {setting}", "请修改 {setting}")(setting=setting)
        return Finding("wrong", subject, f"{listen}: {error.strerror or error}", change)
    if listen.host.startswith("127.") or listen.host in ("::1", "localhost"):
        return Finding("ok", subject, Text("{listen}, from this machine only", "{listen}，仅限本机")(listen=listen))
    return Finding("ok", subject, str(listen))


def _answers(listen: Listen) -> bool:
    try:
        with socket.create_connection((listen.host or "localhost", listen.port), timeout=2):
            return True
    except OSError:
        return False
