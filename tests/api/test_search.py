"""Search in the language of the search box, over real messages."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.support.site import Site, mail

PDF = (
    b"From: bob@elsewhere.test\r\nTo: anna@example.test\r\nSubject: Contract\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsee file\r\n"
    b'--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="lease.pdf"\r\n\r\n'
    b"x\r\n--b--\r\n"
)


@pytest.fixture
def found(both: Site):
    """Subjects of what a search finds."""
    both.deliver("anna", mail("Lunch", "Shall we eat noodles?"))
    both.deliver("anna", mail("会议通知", "明天上午十点开会", From="Li Si <lisi@elsewhere.test>"))
    both.deliver("anna", PDF)
    both.deliver("anna", mail("Old junk", "noodles for sale"), "Junk")
    both.deliver("anna", mail("Filed", "noodles again"), "Archive")
    seen = both.anna.get(f"messages?mailbox={both.mailbox('anna', 'INBOX')}").json["items"][-1]["id"]
    both.anna.patch(f"messages/{seen}", {"add": ["\\Seen", "\\Flagged", "todo"]})

    def search(text: str, more: str = "") -> list[str]:
        answer = both.anna.get(f"search?q={quote(text)}{more}")
        assert answer.status_code == 200, answer.json
        rows = both.anna.get(f"messages?ids={','.join(answer.json['ids'])}").json["items"]
        return sorted(row["subject"] for row in rows)

    return search


@pytest.mark.parametrize(
    ("text", "subjects"),
    [
        ("noodles", ["Filed", "Lunch"]),
        ("NOODLES", ["Filed", "Lunch"]),
        ('"eat noodles"', ["Lunch"]),
        ("noodles -again", ["Lunch"]),
        ("eat OR again", ["Filed", "Lunch"]),
        ("from:lisi", ["会议通知"]),
        ("发件人：lisi", ["会议通知"]),
        ("开会", ["会议通知"]),
        ("主题:会议", ["会议通知"]),
        ("to:anna subject:contract", ["Contract"]),
        ("has:attachment", ["Contract"]),
        ("附件：有", ["Contract"]),
        ("filename:lease", ["Contract"]),
        ("in:archive noodles", ["Filed"]),
        ("in:Junk noodles", ["Old junk"]),
        ("位于:归档", ["Filed"]),
        ("noodles in:anywhere", ["Filed", "Lunch", "Old junk"]),
        ("noodles -in:archive", ["Lunch"]),
        ("is:starred", ["Lunch"]),
        ("是:星标", ["Lunch"]),
        ("is:unread in:inbox", ["Contract", "会议通知"]),
        ("label:todo", ["Lunch"]),
        ("after:2020-01-01 is:read", ["Lunch"]),
        ("before:2020-01-01", []),
        ("larger:1M", []),
        ("smaller:1M from:bob", ["Contract"]),
        ("nowhere", []),
    ],
)
def test_it_finds(found, text: str, subjects: list[str]) -> None:
    assert found(text) == subjects


def test_one_mailbox_can_be_named_by_its_id(both: Site) -> None:
    both.deliver("anna", mail("A"))
    both.deliver("anna", mail("B"), "Archive")
    answer = both.anna.get(f"search?q=hi&mailbox={both.mailbox('anna', 'Archive')}").json
    assert (answer["total"], answer["words"]) == (1, ["hi"])


def test_the_newest_come_first_and_no_more_than_asked(site: Site) -> None:
    ids = [site.deliver("anna", mail(str(number))) for number in range(5)]
    answer = site.anna.get("search?q=hi&limit=2").json
    assert (answer["ids"], answer["total"], answer["more"]) == (ids[:2:-1], 5, True)


@pytest.mark.parametrize("text", ["is:hungry", "before:yesterday", "larger:huge", "has:wings", " ".join("a" * 60)])
def test_what_it_cannot_read_is_said(site: Site, text: str) -> None:
    assert site.anna.get(f"search?q={quote(text)}").json["errors"][0]["pointer"] == "#/q"


def test_mail_of_others_is_not_found(site: Site) -> None:
    site.deliver("bert", mail("Secret"))
    assert site.anna.get("search?q=secret").json["total"] == 0
    answer = site.anna.get(f"search?q=secret&mailbox={site.mailbox('bert', 'INBOX')}")
    assert answer.json["type"] == "/problems/no-such-mailbox"
