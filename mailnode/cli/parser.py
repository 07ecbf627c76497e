"""Every command and its arguments. Imports nothing of the mail system, so that help is there at once.

A command says in ``module`` and ``function`` who carries it out.
"""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from functools import partial
from pathlib import Path

from mailnode.cli import filter_parser, history_parser, quarantine_parser, sending_parser, transport_parser
from mailnode.cli.grammar import ADDRESS, DOMAIN, Commands, as_json, noun, verb
from mailnode.cli.language import Text

ABOUT = Text(
    "Mailnode, a complete mail system in one program. Settings come from mailnode.toml and from\n"
    "environment variables MAILNODE_…; see README.md.",
    "Mailnode：一个程序就是完整的邮件系统。\n设置来自 mailnode.toml 和环境变量 MAILNODE_…，详见 README.md。",
)

NO_RIGHTS = Text(
    "{text} is not made of the rights l r s w i p k x t e a, nor is it none",
    "{text} 不是由权限 l r s w i p k x t e a 组成，也不是 none",
)
NO_SIZE = Text(
    "{text} is not a number of bytes such as 1000000, 500M or 2G", "{text} 不是字节数，例如 1000000、500M 或 2G"
)


def build() -> ArgumentParser:
    """The whole grammar of the command line."""
    root = ArgumentParser("mailnode", description=str(ABOUT), formatter_class=RawDescriptionHelpFormatter)
    root.add_argument("--version", action="version", version=_version())
    commands = root.add_subparsers(metavar="COMMAND", required=True)
    verb(
        commands,
        "init",
        Text("make the data folder, the schema and a certificate", "创建数据文件夹、数据库表和证书"),
        "init",
        "init",
    )
    verb(commands, "serve", Text("run every service until SIGTERM", "运行所有服务，直到 SIGTERM"), "serve", "serve")
    _domain(noun(commands, "domain", Text("domains that receive mail here", "在此接收邮件的域")))
    _user(noun(commands, "user", Text("people with mailboxes", "拥有邮箱的用户")))
    _alias(noun(commands, "alias", Text("addresses that stand for others", "指向其他地址的别名")))
    _shared(noun(commands, "shared", Text("mailboxes that belong to a domain", "属于整个域的邮箱")))
    sending_parser.add(commands)
    quarantine_parser.add(commands)
    filter_parser.add(commands)
    transport_parser.add(commands)
    history_parser.add(commands)
    _dns(noun(commands, "dns", Text("the DNS records that a domain needs", "域所需的 DNS 记录")))
    doctor = verb(
        commands,
        "doctor",
        Text("check settings, ports, DNS, certificate and storage", "检查设置、端口、DNS、证书和存储"),
        "doctor",
        "doctor",
    )
    about = Text(
        "check everything that is kept instead; the server may go on running",
        "改为检查全部已存储的内容；服务器可以继续运行",
    )
    doctor.add_argument("--store", action="store_true", help=str(about))
    about = Text("with --store: mend what can be mended", "与 --store 同用：修复可修复的内容")
    doctor.add_argument("--repair", action="store_true", help=str(about))
    as_json(doctor)
    return root


def letters(text: str) -> str:
    """Rights of RFC 4314, or ``none``."""
    if text != "none" and (not text or set(text) - set("lrswipkxtea")):
        raise ArgumentTypeError(NO_RIGHTS(text=repr(text)))
    return text


def octets(text: str) -> int | None:
    """A number of bytes, with K, M, G or T for powers of 1024; "none" is None."""
    if text.lower() in ("none", "default"):
        return None
    units = {"k": 1, "m": 2, "g": 3, "t": 4}
    bare = text.lower().removesuffix("ib").removesuffix("b")
    power = units.get(bare[-1:], 0)
    digits = bare[:-1] if power else bare
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 15:
        raise ArgumentTypeError(NO_SIZE(text=repr(text)))
    number: int = int(digits) * 1024**power
    return number


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"mailnode {version('mailnode')}"
    except PackageNotFoundError:
        return "mailnode"


def _domain_settings(parser: ArgumentParser) -> None:
    add = partial(parser.add_argument, default=SUPPRESS)  # what is not given is not there
    about = Text("may people register themselves", "是否允许自行注册")
    add("--registration", choices=("closed", "open", "approval"), help=str(about))
    about = Text("quota of a new user, such as 2G, or none", "新用户的配额，例如 2G，或 none")
    add("--default-quota", dest="default_quota_bytes", type=octets, metavar="BYTES", help=str(about))
    about = Text("messages that a new user may keep, or none", "新用户可保存的邮件数，或 none")
    add("--default-messages", dest="default_quota_messages", type=octets, metavar="NUMBER", help=str(about))
    about = Text("the largest quota of any user, or none", "任一用户的最大配额，或 none")
    add("--maximum-quota", dest="maximum_quota_bytes", type=octets, metavar="BYTES", help=str(about))
    about = Text(
        "who gets mail for addresses that do not exist; none for nobody", "不存在的地址的邮件由谁接收；none 表示无人"
    )
    add("--catch-all", dest="catch_all", metavar="ADDRESS", help=str(about))
    about = Text("days for which what is gone can be restored", "已删除内容可恢复的天数")
    add("--retention", dest="retention_days", type=int, metavar="DAYS", help=str(about))
    about = Text("what senders are told when a mailbox is full", "邮箱已满时告诉发件人的话")
    add("--over-quota-text", dest="over_quota_text", metavar="TEXT", help=str(about))


def _on_off(parser: ArgumentParser) -> None:
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--enable", action="store_true", help=str(Text("switch on", "启用")))
    either.add_argument("--disable", action="store_true", help=str(Text("switch off", "停用")))


def _domain(commands: Commands) -> None:
    name = str(DOMAIN)
    add = verb(commands, "add", Text("add a domain and its DKIM keys", "添加域及其 DKIM 密钥"), "domain", "add")
    add.add_argument("name", metavar="NAME", help=name)
    about = Text("make it stand for another domain here", "使其成为此处另一个域的别名")
    add.add_argument("--alias-of", metavar="NAME", help=str(about))
    _domain_settings(add)
    as_json(verb(commands, "list", Text("list the domains", "列出所有域"), "domain", "list_all"))
    show = verb(commands, "show", Text("show one domain", "显示一个域"), "domain", "show")
    show.add_argument("name", metavar="NAME", help=name)
    as_json(show)
    change = verb(commands, "set", Text("change a domain", "修改域"), "domain", "change")
    change.add_argument("name", metavar="NAME", help=name)
    _domain_settings(change)
    _on_off(change)
    about_keys = Text(
        "make DKIM keys that replace the present ones once the DNS has them", "生成新的 DKIM 密钥，DNS 生效后启用"
    )
    verb(commands, "rotate-dkim", about_keys, "domain", "rotate_dkim").add_argument("name", metavar="NAME", help=name)
    remove = verb(commands, "remove", Text("remove a domain", "删除域"), "domain", "remove")
    remove.add_argument("name", metavar="NAME", help=name)
    about = Text("its users with all their mail, and its aliases, too", "连同其用户及全部邮件和别名一并删除")
    remove.add_argument("--with-users", action="store_true", help=str(about))


def _user_settings(parser: ArgumentParser) -> None:
    add = partial(parser.add_argument, default=SUPPRESS)  # what is not given is not there
    add("--name", dest="display_name", metavar="TEXT", help=str(Text("the person's name", "姓名")))
    about = Text(
        "bytes, such as 500M; 0 for no limit; default for the domain's",
        "字节数，例如 500M；0 为不限；default 为域的默认值",
    )
    add("--quota", dest="quota_bytes", type=octets, metavar="BYTES", help=str(about))
    about = Text("messages; 0: no limit; default: the domain's", "邮件数；0 为不限；default 为域默认值")
    add("--messages", dest="quota_messages", type=octets, metavar="NUMBER", help=str(about))
    add("--language", choices=("zh-CN", "en", ""), help=str(Text("language of the web client", "网页界面语言")))
    about = Text("make the user administer this domain; may be repeated", "让该用户管理此域；可重复")
    add("--administers", action="append", metavar="DOMAIN", help=str(about))


def _password(parser: ArgumentParser) -> None:
    about = Text("read the password from standard input, one line", "从标准输入读取密码（一行）")
    parser.add_argument("--password-stdin", action="store_true", help=str(about))


def _user(commands: Commands) -> None:
    address = str(ADDRESS)
    add = verb(commands, "add", Text("add a user", "添加用户"), "user", "add")
    add.add_argument("address", metavar="ADDRESS", help=address)
    about = Text("make the user a system administrator", "使其成为系统管理员")
    add.add_argument("--admin", action="store_true", help=str(about))
    _user_settings(add)
    _password(add)
    listing = verb(commands, "list", Text("list the users", "列出用户"), "user", "list_all")
    listing.add_argument("domain", nargs="?", metavar="DOMAIN", help=str(DOMAIN))
    as_json(listing)
    show = verb(commands, "show", Text("show one user", "显示一个用户"), "user", "show")
    show.add_argument("address", metavar="ADDRESS", help=address)
    as_json(show)
    change = verb(commands, "set", Text("change a user", "修改用户"), "user", "change")
    change.add_argument("address", metavar="ADDRESS", help=address)
    _user_settings(change)
    _on_off(change)
    rights = change.add_mutually_exclusive_group()
    rights.add_argument("--admin", action="store_true", help=str(about))
    about = Text("take that right away", "取消系统管理员权限")
    rights.add_argument("--no-admin", action="store_true", help=str(about))
    remove = verb(commands, "remove", Text("remove a user and all mail", "删除用户及其全部邮件"), "user", "remove")
    remove.add_argument("address", metavar="ADDRESS", help=address)
    password = verb(commands, "password", Text("set a user's password", "设置用户密码"), "user", "password")
    password.add_argument("address", metavar="ADDRESS", help=address)
    _password(password)
    about = Text("add users from a CSV file, all or none", "从 CSV 文件添加用户，要么全部要么都不")
    load = verb(commands, "import", about, "user", "load")
    about = Text("columns: address,password[,name,quota]", "列：address,password[,name,quota]")
    load.add_argument("file", type=Path, metavar="FILE.csv", help=str(about))
    about = Text("keep the ids by which POP3 clients know the mail", "保留 POP3 客户端所知的邮件标识")
    ids = verb(commands, "uidls", about, "uidls", "load")
    ids.add_argument("address", metavar="ADDRESS", help=address)
    about = Text("lines of UID,UIDL: the message's IMAP uid in INBOX", "每行 UID,UIDL：邮件在 INBOX 中的 IMAP UID")
    ids.add_argument("file", type=Path, metavar="FILE.csv", help=str(about))
    _restore(commands)
    sending_parser.release(commands)


def _restore(commands: Commands) -> None:
    about = Text("put mail back as it was at a time", "将邮件恢复到某一时刻的状态")
    restore = verb(commands, "restore", about, "restore", "run")
    restore.add_argument("address", metavar="ADDRESS", help=str(ADDRESS))
    about = Text(
        "a time with its zone, such as 2026-11-20T08:00:00+08:00, or how long ago: 2h, 3d, 1w",
        "带时区的时间，例如 2026-11-20T08:00:00+08:00；或多久以前：2h、3d、1w",
    )
    restore.add_argument("--at", required=True, metavar="TIME", help=str(about))
    about = Text("only the mailbox that had this name then", "仅恢复当时名为此名的邮箱")
    restore.add_argument("--mailbox", metavar="NAME", help=str(about))
    about = Text("only this message of it, by its UID then; may be repeated", "仅恢复其中当时为此 UID 的邮件；可重复")
    restore.add_argument("--uid", type=int, action="append", metavar="UID", help=str(about))
    about = Text("change nothing, list what would change", "不作更改，仅列出将要更改的内容")
    restore.add_argument("--dry-run", action="store_true", help=str(about))
    as_json(restore)


def _alias(commands: Commands) -> None:
    about = Text("make an alias, or give it more targets", "创建别名，或为其增加目标")
    add = verb(commands, "add", about, "alias", "add")
    about = Text("an address here; *@domain takes what has no other", "此处的地址；*@domain 接收其余所有地址")
    add.add_argument("address", metavar="ADDRESS", help=str(about))
    add.add_argument("targets", nargs="+", metavar="TARGET", help=str(ADDRESS))
    listing = verb(commands, "list", Text("list the aliases", "列出别名"), "alias", "list_all")
    listing.add_argument("domain", nargs="?", metavar="DOMAIN", help=str(DOMAIN))
    as_json(listing)
    about = Text("remove an alias, or some of its targets", "删除别名或其部分目标")
    remove = verb(commands, "remove", about, "alias", "remove")
    remove.add_argument("address", metavar="ADDRESS", help=str(ADDRESS))
    remove.add_argument("targets", nargs="*", metavar="TARGET", help=str(ADDRESS))
    load = verb(commands, "import", Text("read an /etc/aliases file", "读取 /etc/aliases 文件"), "alias", "load")
    load.add_argument("file", type=Path, metavar="FILE")
    about = Text("the domain of names without one", "没有域名的名称所属的域")
    load.add_argument("--domain", metavar="DOMAIN", help=str(about))


def _shared(commands: Commands) -> None:
    domain, name = str(DOMAIN), str(Text("the mailbox, below Shared/", "邮箱名称（位于 Shared/ 之下）"))
    about = Text("list a domain's mailboxes and who may use them", "列出域的邮箱及其权限")
    listing = verb(commands, "list", about, "sharing", "list_all")
    listing.add_argument("domain", metavar="DOMAIN", help=domain)
    as_json(listing)
    about = Text("give rights, or with none take them away", "授予权限；none 表示取消")
    for word, function, help_ in (
        ("add", "add", Text("add a mailbox", "添加邮箱")),
        ("remove", "remove", Text("remove a mailbox with its messages", "删除邮箱及其邮件")),
        ("allow", "allow", about),
    ):
        made = verb(commands, word, help_, "sharing", function)
        made.add_argument("domain", metavar="DOMAIN", help=domain)
        made.add_argument("name", metavar="NAME", help=name)
    whom = Text("an address, @ and a domain, or anyone (of the domain)", "地址、@ 加域名，或 anyone（本域所有人）")
    made.add_argument("identifier", metavar="WHOM", help=str(whom))
    about = Text("letters of RFC 4314, such as lrs to read; none", "RFC 4314 的字母，例如 lrs 为可读；或 none")
    made.add_argument("rights", type=letters, metavar="RIGHTS", help=str(about))


def _dns(commands: Commands) -> None:
    for name, about in {
        "records": Text("list the records that the domain needs", "列出域所需的记录"),
        "zone": Text("print them as a zone file", "以区文件形式输出"),
        "reverse-zone": Text("print the reverse zone file of the host's addresses", "输出主机地址的反向区文件"),
        "check": Text("compare them with the live DNS", "与实际 DNS 对照检查"),
    }.items():
        made = verb(commands, name, about, "dns", name.replace("-", "_"))
        made.add_argument("domain", metavar="DOMAIN", help=str(DOMAIN))
        as_json(made)
