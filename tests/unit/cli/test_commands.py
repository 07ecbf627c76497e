"""What each command does, and what it says when it cannot."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mailnode.cli.opened import opened
from mailnode.directory import edit

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Command

ROOT = Path(__file__).resolve().parents[3]


def test_init_is_harmless_twice_and_keeps_secrets_to_itself(command: Command, tmp_path: Path) -> None:
    assert command("init").status == 0
    key = tmp_path / "data/tls/key.pem"
    before = key.read_bytes()
    assert command("init").status == 0
    assert key.read_bytes() == before
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_a_command_before_init_says_what_to_do(command: Command) -> None:
    ended = command("user", "list")
    assert ended.status == 1
    assert ended.err.strip().endswith("run: mailnode init")


@pytest.mark.parametrize(
    "arguments",
    [(), ("user",), ("nonsense",), ("user", "add"), ("alias", "add", "a@example.com"), ("queue", "hold", "x"),
     ("user", "add", "b@example.com", "--quota", "much"), ("user", "add", "b@example.com", "secret")],
)  # fmt: skip
def test_wrong_usage(command: Command, arguments: tuple[str, ...]) -> None:
    ended = command(*arguments)
    assert ended.status == 2
    assert "usage: mailnode" in ended.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("domain", "add", "example.com"), "This domain exists already"),
        (("domain", "show", "example.org"), "There is no such domain here"),
        (("domain", "remove", "example.com"), "The domain still has users or aliases"),
        (("user", "add", "anna@example.com"), "This address exists already"),
        (("user", "add", "b@example.com"), None),
        (("user", "show", "b@example.com"), "There is no such user here"),
        (("alias", "add", "a@example.com", "a@example.com"), "a@example.com leads back to itself"),
        (("alias", "remove", "a@example.com"), "There is no such alias here"),
        (
            ("queue", "show", "1"),
            "There is no such message in the queue; see what became of it: mailnode history --id 1",
        ),
        (("dns", "records", "example.org"), "There is no such domain here"),
        (("user", "import", "nowhere.csv"), "There is no file nowhere.csv"),
    ],
)
def test_a_refusal_is_one_sentence(made: Command, arguments: tuple[str, ...], sentence: str | None) -> None:
    ended = made(*arguments, stdin="correct horse\n" if sentence else "")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.count("\n") == 1
    assert ended.err == f"mailnode: {sentence or 'Give the password on standard input'}\n"


def test_users_from_first_to_last(made: Command) -> None:
    assert made("user", "set", "anna@example.com", "--name", "Anna", "--quota", "2G", "--admin").status == 0
    shown = made("user", "show", "anna@example.com", "--json").json
    assert (shown["name"], shown["quota_bytes"], shown["admin"]) == ("Anna", 2 * 1024**3, True)
    assert made("user", "set", "anna@example.com", "--quota", "default", "--administers", "example.com").status == 0
    [listed] = made("user", "list", "example.com", "--json").json
    assert (listed["quota_bytes"], listed["administers"]) == (10 * 1024**3, ["example.com"])
    assert made("user", "password", "anna@example.com", "--password-stdin", stdin="another one\n").status == 0
    assert made("user", "set", "anna@example.com", "--no-admin").status == 1
    assert made("domain", "remove", "example.com", "--with-users").status == 1
    assert made("user", "add", "b@example.com", "--admin", stdin="correct horse\n").status == 0
    assert made("user", "remove", "anna@example.com").status == 0
    assert [row["address"] for row in made("user", "list", "--json").json] == ["b@example.com"]


def test_a_new_password_ends_the_web_sessions(made: Command) -> None:
    from mailnode.cli.opened import opened
    from mailnode.database import utcnow
    from mailnode.directory import edit, sessions

    with opened() as home:
        anna = home.read(lambda tx: edit.user(tx, "anna@example.com").id)
        home.write(lambda tx: sessions.start(tx, "x" * 32, anna, peer="192.0.2.1", client="a browser", now=utcnow()))
    assert made("user", "password", "anna@example.com", stdin="another one\n").status == 0
    with opened() as home:
        assert home.read(lambda tx: sessions.of_user(tx, anna, utcnow())) == []


def test_domains_from_first_to_last(made: Command) -> None:
    settings = ("--registration", "approval", "--catch-all", "anna@example.com", "--maximum-quota", "1G")
    assert made("domain", "set", "example.com", *settings, "--over-quota-text", "Full").status == 0
    shown = made("domain", "show", "example.com", "--json").json
    assert (shown["registration"], shown["catch_all"]) == ("approval", "anna@example.com")
    assert (shown["default_quota_bytes"], shown["over_quota_text"]) == (1024**3, "Full")
    assert made("domain", "set", "example.com", "--catch-all", "none", "--maximum-quota", "none").status == 0
    assert made("domain", "show", "example.com", "--json").json["catch_all"] is None
    assert made("domain", "add", "bücher.example", "--alias-of", "example.com").status == 0
    assert [row["unicode_name"] for row in made("domain", "list", "--json").json] == ["example.com", "bücher.example"]
    assert made("domain", "set", "bücher.example", "--disable").status == 0
    assert made("domain", "remove", "example.com", "--with-users").status == 0
    assert made("domain", "list", "--json").json == []


def test_a_new_user_has_the_usual_mailboxes(made: Command, tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "data/mailnode.db") as db:
        names = {name for (name,) in db.execute("SELECT name FROM mailbox")}
    assert {"INBOX", "Drafts", "Sent", "Junk", "Trash", "Archive"} <= names


def test_an_import_takes_all_or_names_every_line(made: Command, tmp_path: Path) -> None:
    table = tmp_path / "users.csv"
    table.write_text("address,password\nb@example.com,correct horse\nanna@example.com,correct horse\nc,x\n")
    ended = made("user", "import", str(table))
    assert ended.status == 1
    assert ended.err.splitlines()[1:] == [f"{table}:4: 'c' is not a mail address"]
    table.write_text("address,password\nb@example.com,correct horse\nanna@example.com,correct horse\n")
    ended = made("user", "import", str(table))
    assert ended.err.splitlines()[1:] == [f"{table}:3: anna@example.com: This address exists already"]
    table.write_text("address,password,name,quota\nb@example.com,correct horse,Bert,1M\nc@example.com,correct horse\n")
    assert made("user", "import", str(table)).out == "Added 2 users\n"
    assert [row["quota_bytes"] for row in made("user", "list", "--json").json] == [10 * 1024**3, 1024**2, 10 * 1024**3]


def test_aliases_from_first_to_last(made: Command, tmp_path: Path) -> None:
    assert made("alias", "add", "info@example.com", "anna@example.com", "x@example.org").status == 0
    assert made("alias", "add", "info@example.com", "y@example.org").status == 0
    [alias] = made("alias", "list", "--json").json
    assert alias["targets"] == ["anna@example.com", "x@example.org", "y@example.org"]
    assert made("alias", "remove", "info@example.com", "x@example.org").status == 0
    assert made("alias", "list").out.splitlines()[1].split() == [
        "info@example.com",
        "anna@example.com,",
        "y@example.org",
    ]
    assert made("alias", "remove", "info@example.com").status == 0
    (tmp_path / "aliases").write_text("root: anna\nnews: |/bin/cat\npostmaster: root\n")
    ended = made("alias", "import", str(tmp_path / "aliases"))
    assert (ended.status, ended.out) == (0, "Took 2 aliases\n")
    assert ended.err == f"{tmp_path / 'aliases'}:2: not taken: programs are not run: |/bin/cat\n"


def test_an_alias_file_needs_its_domain_said_when_there_are_several(made: Command, tmp_path: Path) -> None:
    (tmp_path / "aliases").write_text("root: anna\n")
    made("domain", "add", "example.net")
    assert made("alias", "import", str(tmp_path / "aliases")).status == 1
    assert made("alias", "import", str(tmp_path / "aliases"), "--domain", "example.net").status == 0
    assert made("alias", "list", "--json").json[0]["address"] == "root@example.net"


def test_the_queue_by_hand(made: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mailnode.cli.opened import opened
    from mailnode.database import utcnow
    from mailnode.queue import spool
    from mailnode.queue.envelope import Recipient

    with opened() as home:
        queued = home.write(
            lambda tx: spool.enqueue(
                tx, sender="", recipients=[Recipient("x@example.org")], raw=b"a: b\r\n\r\n", now=utcnow()
            )
        )
    [row] = made("queue", "list", "--json").json
    assert (row["id"], row["sender"], row["recipients"], row["state"]) == (queued, "<>", ["x@example.org"], "waiting")
    assert made("queue", "hold", str(queued)).out == "1 recipient is held\n"
    assert made("queue", "show", str(queued), "--json").json["recipients"][0]["state"] == "held"
    assert "x@example.org" in made("queue", "show", str(queued)).out
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "暂停" in made("queue", "list").out
    monkeypatch.delenv("LC_ALL")
    assert made("queue", "retry", str(queued)).out.startswith("Nothing is tried: 1 recipient is held;")
    assert made("queue", "release", str(queued)).status == 0
    assert made("queue", "retry").status == 0
    assert made("queue", "delete", str(queued)).out == "Deleted 1 recipient\n"
    assert made("queue", "list", "--json").json == []


@pytest.mark.parametrize("order", ["show", "retry", "hold", "release", "expire", "delete"])
def test_who_looks_for_what_has_left_the_queue_is_told_where_to_look(
    made: Command, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert made("queue", order, "7").err.endswith("see what became of it: mailnode history --id 7\n")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert made("queue", order, "7").err == "mailnode: 队列中没有此邮件；请查看其去向：mailnode history --id 7\n"


@pytest.mark.parametrize("order", ["hold", "release", "expire", "delete"])
def test_an_order_for_everything_is_wrong_usage(command: Command, order: str) -> None:
    ended = command("queue", order)
    assert ended.status == 2
    assert ended.err.endswith("Say what: an ID, --recipient, --domain or --user\n")


@pytest.mark.parametrize("given", [(), ("--domain", "far.example", "--user", "anna@example.com")])
def test_a_freeze_of_nothing_or_of_several_things_is_wrong_usage(
    command: Command, given: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    ended = command("queue", "freeze", *given)
    assert ended.status == 2
    assert ended.err.endswith("请给出 --recipient、--domain、--user 之一\n")


def test_a_destination_is_frozen_and_released(made: Command) -> None:
    assert made("queue", "freeze", "--domain", "Far.example", "--reason", "asked for").status == 0
    [row] = made("queue", "frozen", "--json").json
    assert (row["kind"], row["name"], row["words"]) == ("destination", "far.example", "asked for")
    assert made("queue", "release", "--domain", "far.example").out == "No longer frozen; 0 recipients go on\n"
    assert made("queue", "frozen", "--json").json == []


def test_an_address_is_suppressed_and_lifted(made: Command) -> None:
    assert made("suppressed", "add", "example.com", "gone@far.example", "--reason", "asked for").status == 0
    [row] = made("suppressed", "list", "--json").json
    assert (row["address"], row["domain"], row["cause"]) == ("gone@far.example", "example.com", "hand")
    assert made("suppressed", "add", "example.com", "postmaster@far.example").status == 1
    assert made("suppressed", "lift", "Gone@far.example").status == 0
    assert made("suppressed", "list", "--json").json == []
    assert made("complaints", "--json").json == []
    assert made("complaints", "--count", "--json").json == []


def test_a_users_sending_is_frozen_limited_and_released(made: Command) -> None:
    assert made("queue", "freeze", "--user", "anna@example.com").status == 0
    assert made("queue", "list", "--user", "anna@example.com", "--json").json == []
    assert made("user", "release", "anna@example.com").out == "anna@example.com may send again; 0 recipients go on\n"
    assert made("user", "release", "anna@example.com").status == 1
    assert made("limits", "set", "anna@example.com", "--hourly-messages", "5").status == 0
    assert made("limits", "set", "example.com", "--each", "--daily-messages", "0").status == 0
    rows = {row["name"]: row for row in made("limits", "show", "anna@example.com", "--json").json}
    assert (rows["hourly_messages"]["most"], rows["daily_messages"]["most"]) == (5, 0)
    assert rows["daily_recipients"]["sent"] == 0
    assert len(made("limits", "show", "example.com", "--json").json) == 9


def test_dns_records_and_zones(made: Command) -> None:
    types = {row["type"] for row in made("dns", "records", "example.com", "--json").json}
    assert {"MX", "TXT", "SRV"} <= types
    assert "IN MX 10 mail.example.com." in made("dns", "zone", "example.com").out.replace(
        "mail\n", "mail.example.com.\n"
    )
    assert made("dns", "reverse-zone", "example.com").status == 0


def test_chinese_where_the_locale_says_so(made: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert made("user", "list").out.startswith("地址")
    assert made("user", "show", "b@example.com").err == "mailnode: 没有此用户\n"
    assert "创建数据文件夹" in made("--help").out
    assert "每个用户：每天邮件数" in made("limits", "show", "example.com").out


def test_settings_that_cannot_be_used(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILNODE_LISTEN_SMTP", "nonsense")
    for arguments in (("init",), ("serve",), ("user", "list"), ("doctor",)):
        ended = command(*arguments)
        assert ended.status == 1
        assert "MAILNODE_LISTEN_SMTP" in ended.err
        assert ended.err.count("\n") == 1


def test_something_unexpected_is_one_sentence_too(
    made: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "data/mailnode.db").write_bytes(b"this is no database" * 1000)
    ended = made("user", "list")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("mailnode: The database cannot be used")
    assert "Traceback" not in ended.err


def test_help_is_there_at_once() -> None:
    """Of the processor's time: how long it takes by the clock depends on what else runs."""
    taken = []
    for _ in range(3):
        before = os.times()
        done = subprocess.run(
            [sys.executable, "-m", "mailnode", "--help"],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        after = os.times()
        taken.append(after.children_user + after.children_system - before.children_user - before.children_system)
        assert "usage: mailnode" in done.stdout
    assert min(taken) < 0.3


def test_a_reader_that_leaves_early(made: Command) -> None:
    done = subprocess.run(
        f"{sys.executable} -m mailnode user list --json | true",
        shell=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""


def test_every_way_to_a_password_leaves_keys_for_scram(made: Command, tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("address,password\nimported@example.com,a long password\n")
    assert made("user", "import", str(tmp_path / "users.csv")).status == 0

    def keys() -> dict[str, str | None]:
        with opened() as home:
            return home.read(lambda tx: {one.address: one.scram_keys for one in edit.users(tx)})

    before = keys()
    assert all(before.values())
    assert made("user", "password", "anna@example.com", stdin="another password\n").status == 0
    assert keys()["anna@example.com"] not in (None, before["anna@example.com"])


def test_new_dkim_keys_are_told_as_records(command: Command) -> None:
    command("init")
    command("domain", "add", "example.com")
    said = command("domain", "rotate-dkim", "example.com")
    assert said.status == 0
    assert said.out.count("._domainkey.example.com\n") == 2
    assert said.out.count("v=DKIM1; k=") == 2
    assert command("domain", "rotate-dkim", "example.com").out == said.out
    shown = command("domain", "show", "example.com", "--json").json
    assert len(shown["dkim_selectors"]) == 2
    assert all(f"{selector}._domainkey.example.com\n" in said.out for selector in shown["dkim_coming"])


def test_tls_with_other_hosts_is_listed(made: Command) -> None:
    from mailnode.cli.opened import opened
    from tests.unit.reports.test_tls_finding import DAY, count

    with opened() as home:
        home.write(lambda tx: count(tx, DAY, "a.test"))
        home.write(lambda tx: count(tx, DAY, "b.test", "certificate-expired"))
    assert [row["domain"] for row in made("queue", "tls", "--json").json] == ["a.test", "b.test"]
    failed = made("queue", "tls", "--failed").out
    assert ("certificate-expired" in failed, "a.test" in failed) == (True, False)
