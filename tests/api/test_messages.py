"""Messages: rows, whole messages, parts."""

from __future__ import annotations

import pytest

from tests.support.site import Site, mail
from tests.unit.message.test_bounce import STRANGERS

LETTER = (
    b'From: "Doe, Jane" <jane@elsewhere.test>\r\n'
    b"To: anna@example.test, =?gb2312?B?wO7LxA==?= <si@example.test>\r\n"
    b"Cc: third@elsewhere.test\r\nReply-To: office@elsewhere.test\r\n"
    b"Subject: =?utf-8?B?5L2g5aW9?=\r\nDate: Wed, 25 Nov 2026 09:00:00 +0800\r\n"
    b"Message-ID: <one@elsewhere.test>\r\nReferences: <zero@x.test> <half@x.test>\r\nIn-Reply-To: <half@x.test>\r\n"
    b"List-Unsubscribe: <https://elsewhere.test/u>, <javascript:alert(1)>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=mix\r\n\r\n"
    b"--mix\r\nContent-Type: multipart/alternative; boundary=alt\r\n\r\n"
    b"--alt\r\nContent-Type: text/plain; charset=gb2312\r\n\r\n\xc4\xe3\xba\xc3\r\n"
    b"--alt\r\nContent-Type: multipart/related; boundary=rel\r\n\r\n"
    b'--rel\r\nContent-Type: text/html\r\n\r\n<p>hi</p><script>x</script><img src="cid:logo">\r\n'
    b"--rel\r\nContent-Type: image/png\r\nContent-ID: <logo>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n"
    b"--rel--\r\n--alt--\r\n"
    b'--mix\r\nContent-Type: text/html; name="evil.html"\r\n'
    b'Content-Disposition: attachment; filename="evil.html"\r\n\r\n'
    b"<script>alert(1)</script>\r\n"
    b"--mix--\r\n"
)


@pytest.fixture
def letter(site: Site) -> str:
    return site.deliver("anna", LETTER)


def test_a_row_has_all_that_a_list_shows(site: Site, letter: str) -> None:
    row = site.anna.get(f"messages?ids={letter}").json["items"][0]
    assert row["from"] == [{"name": "Doe, Jane", "address": "jane@elsewhere.test"}]
    assert [one["address"] for one in row["to"]] == ["anna@example.test", "si@example.test", "third@elsewhere.test"]
    assert (row["subject"], row["date"]) == ("你好", "2026-11-25T01:00:00Z")
    assert row["has_attachments"] is True
    assert row["flags"] == []


def test_rows_come_in_the_order_asked_for_without_the_missing(site: Site) -> None:
    ids = [site.deliver("anna", mail(str(number))) for number in range(3)]
    asked = [ids[2], "9.9", ids[0], "nonsense", site.deliver("bert", mail())]
    assert [row["id"] for row in site.anna.get(f"messages?ids={','.join(asked)}").json["items"]] == [ids[2], ids[0]]


def test_pages_follow_each_other(both: Site) -> None:
    ids = [both.deliver("anna", mail(str(number))) for number in range(5)]
    inbox, found, cursor = both.mailbox("anna", "INBOX"), [], ""
    while cursor is not None:
        page = both.anna.get(f"messages?mailbox={inbox}&limit=2{f'&cursor={cursor}' if cursor else ''}").json
        found += [row["id"] for row in page["items"]]
        cursor = page["next"]
    assert found == ids[::-1]
    assert page["total"] == 5


def test_ids_or_a_mailbox_and_not_both(site: Site) -> None:
    for query in ("", "?ids=1.1&mailbox=1"):
        assert site.anna.get(f"messages{query}").json["errors"][0]["pointer"] == "#/ids"
    inbox = site.mailbox("anna", "INBOX")
    assert site.anna.get(f"messages?mailbox={inbox}&cursor=x").json["errors"][0]["pointer"] == "#/cursor"


def test_the_whole_message_is_decoded_and_not_cleaned(site: Site, letter: str) -> None:
    found = site.anna.get(f"messages/{letter}").json
    assert found["text"].strip() == "你好"
    assert "<script>x</script>" in found["html"]
    assert found["to"][1] == {"name": "李四", "address": "si@example.test"}
    assert found["reply_to"][0]["address"] == "office@elsewhere.test"
    assert (found["message_id"], found["in_reply_to"]) == ("one@elsewhere.test", ["half@x.test"])
    assert found["references"] == ["zero@x.test", "half@x.test"]


def test_parts_and_pictures_inside_are_told(site: Site, letter: str) -> None:
    found = site.anna.get(f"messages/{letter}").json
    parts = {one["part"]: one for one in found["parts"]}
    assert parts["1.2.2"]["cid"] == "logo"
    assert parts["1.2.2"]["inline"] is True
    assert parts["2"]["name"] == "evil.html"
    assert site.anna.get(found["cids"]["logo"]).data == b"\x89PNG"


def test_only_links_that_a_program_may_follow_are_given(site: Site, letter: str) -> None:
    found = site.anna.get(f"messages/{letter}").json
    assert found["list_unsubscribe"] == ["https://elsewhere.test/u"]
    assert found["list_unsubscribe_post"] is True


def test_reading_does_not_mark_as_read(site: Site, letter: str) -> None:
    site.anna.get(f"messages/{letter}")
    assert site.anna.get(f"messages?ids={letter}").json["items"][0]["flags"] == []


def test_an_unchanged_message_is_not_sent_again(site: Site, letter: str) -> None:
    tag = site.anna.get(f"messages/{letter}").headers["ETag"]
    assert site.anna.get(f"messages/{letter}", headers={"If-None-Match": tag}).status_code == 304


def test_an_attachment_cannot_act_in_a_browser(site: Site, letter: str) -> None:
    for query in ("", "?inline=1"):
        answer = site.anna.get(f"messages/{letter}/parts/2{query}")
        assert b"<script>" in answer.data
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_a_picture_is_shown_when_asked(site: Site, letter: str) -> None:
    plain, inline = (site.anna.get(f"messages/{letter}/parts/1.2.2{query}") for query in ("", "?inline=1"))
    assert plain.headers["Content-Disposition"].startswith("attachment")
    assert inline.headers["Content-Disposition"].startswith("inline")
    assert inline.headers["Content-Type"] == "image/png"


def test_a_chinese_file_name_survives(site: Site) -> None:
    raw = (
        b"From: a@b.test\r\nContent-Type: application/pdf; name*=utf-8''%E6%8A%A5%E5%91%8A.pdf\r\n"
        b"Content-Disposition: attachment; filename*=utf-8''%E6%8A%A5%E5%91%8A.pdf\r\n\r\nPDF\r\n"
    )
    message = site.deliver("anna", raw)
    assert site.anna.get(f"messages/{message}").json["parts"][0]["name"] == "报告.pdf"
    header = site.anna.get(f"messages/{message}/parts/1").headers["Content-Disposition"]
    assert "filename*=UTF-8''%E6%8A%A5%E5%91%8A.pdf" in header


@pytest.mark.parametrize("part", ["0", "9", "1", "1.9", "x", "1.2", "-1", "1.2.2.1"])
def test_what_is_no_part_is_not_found(site: Site, letter: str, part: str) -> None:
    assert site.anna.get(f"messages/{letter}/parts/{part}").json["type"] == "/problems/no-such-message"


def test_the_source_is_the_bytes(site: Site, letter: str) -> None:
    shown = site.anna.get(f"messages/{letter}/raw")
    saved = site.anna.get(f"messages/{letter}/raw?download=1")
    assert shown.data == saved.data == LETTER
    assert shown.headers["Content-Type"].startswith("text/plain")
    assert saved.headers["Content-Disposition"].startswith("attachment")


def test_all_header_fields_are_told_decoded(site: Site, letter: str) -> None:
    found = {one["name"]: one["value"] for one in site.anna.get(f"messages/{letter}/headers").json["fields"]}
    assert found["Subject"] == "你好"
    assert "MIME-Version" in found


def test_a_verdict_that_the_message_itself_brings_is_not_believed(site: Site) -> None:
    claim = "Authentication-Results: mail.example.com; dmarc=pass header.from=bank.test\r\n"
    other = claim.replace("mail.example.com", "elsewhere.test")
    received = "Received: from x by y; Wed, 25 Nov 2026 09:00:00 +0000\r\n"
    for head in (claim, received + claim, other + received):
        message = site.deliver("anna", head.encode() + mail())
        assert set(site.anna.get(f"messages/{message}").json["authentication"].values()) == {None}


def test_the_verdict_of_our_border_is_told(site: Site) -> None:
    head = (
        b"Authentication-Results: mail.example.com; spf=fail smtp.mailfrom=a.test;\r\n"
        b"\tdkim=pass header.d=a.test; dkim=fail header.d=b.test; dmarc=pass header.from=a.test\r\n"
        b"Received: from x by y; Wed, 25 Nov 2026 09:00:00 +0000\r\n"
    )
    found = site.anna.get(f"messages/{site.deliver('anna', head + mail())}").json["authentication"]
    assert found == {"spf": "fail", "dkim": "pass", "dmarc": "pass", "domain": "a.test"}


def test_flags_of_one_message_change(both: Site) -> None:
    letter = both.deliver("anna", mail())
    shown = both.anna.get(f"messages/{letter}")
    tag = {"If-Match": shown.headers["ETag"]}
    changed = both.anna.patch(f"messages/{letter}", {"add": ["\\Seen", "$Label1"]}, headers=tag)
    assert changed.json["flags"] == ["\\Seen", "$Label1"]
    assert both.anna.patch(f"messages/{letter}", {"remove": ["\\Seen"]}, headers=tag).status_code == 412


@pytest.mark.parametrize("flag", ["\\Recent", "a b", "", 'a"', "a(", "\\Seen\n", "你"])
def test_what_is_no_flag_is_refused(site: Site, letter: str, flag: str) -> None:
    assert site.anna.patch(f"messages/{letter}", {"add": [flag]}).json["errors"][0]["pointer"] == "#/add/0"


def test_messages_of_others_do_not_exist(site: Site) -> None:
    other = site.deliver("bert", mail())
    for path in ("", "/raw", "/headers", "/parts/1"):
        assert site.anna.get(f"messages/{other}{path}").json["type"] == "/problems/no-such-message"
    assert site.anna.patch(f"messages/{other}", {"add": ["\\Seen"]}).json["type"] == "/problems/no-such-message"


@pytest.mark.parametrize("id_", ["1", "a.b", "1.2.3", "-1.2", "1.", "99999999999999999999.1", "1.0"])
def test_what_is_no_id_names_nothing(site: Site, id_: str) -> None:
    assert site.anna.get(f"messages/{id_}").json["type"] == "/problems/no-such-message"


def test_any_bytes_at_all_are_shown_somehow(site: Site) -> None:
    for raw in (b"", b"\0\xff", b"\r\n\r\n", b"From: \xff<\r\n\r\n\xff", bytes(range(256)) * 4):
        message = site.deliver("anna", raw)
        assert site.anna.get(f"messages/{message}").status_code == 200
        assert site.anna.get(f"messages?ids={message}").status_code == 200


def test_a_delivery_report_is_told_in_plain_words_with_ones_own_copy(site: Site) -> None:
    own = site.deliver("anna", mail("Out", Message_ID="<two@example.com>"), "Sent")
    found = site.anna.get(f"messages/{site.deliver('anna', STRANGERS)}", headers={"Accept-Language": "zh-CN"}).json
    assert found["report"]["about"] == own
    first = found["report"]["recipients"][0]
    assert (first["address"], first["action"], first["reason"]["kind"]) == (
        "gone@far.example",
        "failed",
        "no-such-address",
    )
    assert first["reason"]["text"].startswith("该地址不存在")
    assert site.anna.get(f"messages/{own}").json["report"] is None
