"""Mail for the browser tests: ordinary letters in two languages, a newsletter, attachments, and a hostile one."""

from __future__ import annotations

import imaplib
import struct
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path

# What must neither run nor be fetched; {host} is where it would be fetched from.
HOSTILE = Path(__file__).with_name("hostile.html")
NOW = datetime.now(UTC).replace(microsecond=0)


def picture(width: int = 96, height: int = 64, colour: tuple[int, int, int] = (14, 116, 100)) -> bytes:
    """A PNG of one colour, fading to white downwards."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b""
    for y in range(height):
        shade = bytes(round(part + (255 - part) * y / height * 0.6) for part in colour)
        rows += b"\0" + shade * width
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def letter(
    sender: str, subject: str, text: str, *, ago: timedelta = timedelta(), html: str = "", to: str = ""
) -> EmailMessage:
    """One message; ``ago`` is how long before now it was written."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to or "Anna Beispiel <anna@example.test>"
    message["Subject"] = subject
    message["Date"] = format_datetime(NOW - ago)
    message["Message-ID"] = make_msgid(domain="example.test")
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


NEWSLETTER = """<html><head><style>
.card { background-color: #ffffff; border-radius: 10px; padding: 22px; }
.button { background: #0b6a5d; color: #ffffff; padding: 10px 18px; border-radius: 8px; text-decoration: none; }
</style></head><body bgcolor="#eef3f1">
<table width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">
<div class="card" style="max-width: 560px; text-align: left; font-family: sans-serif">
<img src="https://pictures.example.org/banner.png" width="516" height="120" alt="Spring at the nursery">
<h2 style="color: #0b6a5d">Spring at the nursery</h2>
<p>The first seedlings are out. This week we pot tomatoes, and on Saturday the greenhouse is open from nine.</p>
<p><a class="button" href="https://example.org/spring">See the programme</a></p>
<p style="color: #667; font-size: 12px">You get this letter because you asked for it.
<img src="https://tracker.example.org/open.gif?who=anna" width="1" height="1"></p>
</div></td></tr></table></body></html>"""


def hostile(host: str) -> EmailMessage:
    """``host`` (host:port) counts what is fetched."""
    html = HOSTILE.read_text(encoding="utf-8").replace("{host}", host)
    return letter("Mallory <mallory@example.org>", "You have won", "plain", html=html)


def with_files(message: EmailMessage) -> EmailMessage:
    message.add_attachment(picture(320, 200), "image", "png", filename="greenhouse.png")
    message.add_attachment(b"%PDF-1.4\n% a small one\n" + b"0" * 48_000, "application", "pdf", filename="计划 2026.pdf")
    message.add_attachment("name,plants\nanna,12\n", subtype="csv", filename="plants.csv")
    return message


CHEERFUL = "Hello Anna,\n\nthe numbers of the quarter are in, and they are good. Shall we meet?\n\nBo\n"
QUOTED = "Thursday is fine. I bring the cake.\n\nAnna Beispiel wrote:\n> Shall we meet on Thursday?\n> At ten?\n"
REPORT = (
    "Anna，你好！\n\n附件是本周的周报，请查收。下周一上午十点我们在三楼会议室讨论新版本的发布计划，"
    "资料见 https://example.test/plan。\n\n王小明\n"
)
BO, WANG, NURSERY = (
    "Bo Beispiel <bo@example.test>",
    "王小明 <wangxiaoming@example.test>",
    "Nursery Letter <letter@example.org>",
)
# Hours ago, flags, sender, subject, text; oldest first.
INBOX = (
    (10_080, "\\Seen", "Registry <noreply@example.org>", "Your domain was renewed", "It was renewed for a year.\n"),
    (1464, "\\Seen \\Flagged", "Clara Muster <clara@example.org>", "Photos of the trip", "Here are the best ones.\n"),
    (
        120,
        "\\Seen \\Answered",
        "李华 <lihua@example.test>",
        "回复：关于服务器迁移的时间安排",
        "周五晚上十点开始，预计两小时完成。\n",
    ),
    (72, "\\Seen", "Dev Team <dev@example.test>", "[mailnode] Build passed on main", "All 1,204 checks passed.\n"),
    (48, "\\Seen", BO, "Re: Thursday", QUOTED),
    (20, "", NURSERY, "Spring at the nursery", "Spring at the nursery"),
    (
        9,
        "\\Flagged",
        "陈晓 <chenxiao@example.test>",
        "下周团建报名",
        "请大家在周三前回复是否参加，地点初步定在西山。\n",
    ),
    (3, "", WANG, "本周周报与发布计划", REPORT),
    (1, "", BO, "Numbers of the quarter", CHEERFUL),
)


def inbox() -> list[tuple[EmailMessage, str]]:
    """A lived-in inbox, oldest first, each with its IMAP flags."""
    made = []
    for hours, flags, sender, subject, text in INBOX:
        html = NEWSLETTER if sender == NURSERY else ""
        message = letter(sender, subject, text, ago=timedelta(hours=hours), html=html)
        made.append((with_files(message) if sender == WANG else message, flags))
    return made


def append(connection: imaplib.IMAP4, mailbox: str, letters: Sequence[tuple[EmailMessage, str]]) -> None:
    """Put letters into a mailbox as a mail program does that moves old mail."""
    for message, flags in letters:
        when = datetime.strptime(str(message["Date"]), "%a, %d %b %Y %H:%M:%S %z")
        kind, answer = connection.append(mailbox, f"({flags})", imaplib.Time2Internaldate(when), message.as_bytes())
        assert kind == "OK", answer
