"""Mail that looks like people's: letters with quotations, newsletters, Chinese, attachments, and all their headers.

The same message for the same number. Words are invented but as frequent as in a language: the n-th most common one
comes up about 1/n as often as the first.
"""

from __future__ import annotations

import base64
import email.utils
import random
from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate

FIRST_DATE = 1_700_000_000
WORDS = 30_000
PEOPLE = 400
_SYLLABLES = "an be co de er fa ge hi in jo ka le mi no or pa re se ti un ve wa y sh th ing ed ly tion ment"
IDEOGRAPHS = 3_500
STYLE = "font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:21px;color:#333333;padding:12px 24px"


@lru_cache(maxsize=1)
def words() -> tuple[list[str], list[float]]:
    """The words and, for ``choices``, their weights added up."""
    rng, syllables = random.Random(1), _SYLLABLES.split()
    made = {"".join(rng.choices(syllables, k=1 + min(4, place // 60))): None for place in range(WORDS * 2)}
    listed = [*made][:WORDS]
    return listed, [*accumulate(1 / (place + 2) for place in range(len(listed)))]


@lru_cache(maxsize=1)
def ideographs() -> tuple[list[str], list[float]]:
    points = random.Random(2).sample(range(0x4E00, 0x9FA5), IDEOGRAPHS)
    return [*map(chr, points)], [*accumulate(1 / (place + 20) for place in range(IDEOGRAPHS))]


def prose(rng: random.Random, count: int) -> str:
    listed, weights = words()
    chosen = rng.choices(listed, cum_weights=weights, k=count)
    sentences = []
    while chosen:
        length = rng.randrange(5, 18)
        sentences.append(" ".join(chosen[:length]).capitalize() + ".")
        del chosen[:length]
    return " ".join(sentences)


def folded(text: str, prefix: str = "") -> str:
    lines, line = [], prefix
    for word in text.split():
        if len(line) + len(word) > 72:
            lines.append(line.rstrip())
            line = prefix
        line += word + " "
    return "\r\n".join([*lines, line.rstrip()]) + "\r\n"


def person(number: int) -> str:
    first, last = words()[0][100 + number % PEOPLE], words()[0][700 + number % PEOPLE]
    return f"{first.capitalize()} {last.capitalize()} <{first}.{last}@{words()[0][40 + number % 30]}.example>"


def head(rng: random.Random, number: int, subject: str, sender: str) -> str:
    """The header as a message has it that came through two servers and was signed."""
    host = sender.rpartition("@")[2].rstrip(">")
    date = email.utils.formatdate(FIRST_DATE + number * 600)
    signature = base64.b64encode(rng.randbytes(256)).decode()
    hashed = base64.b64encode(rng.randbytes(32)).decode()
    return (
        f"Received: from mx.{host} (mx.{host} [198.51.100.{number % 250}])\r\n\tby mail.example.com with ESMTPS id "
        f"{rng.getrandbits(64):016x}\r\n\t(version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);\r\n\t{date}\r\n"
        f"Received: from [192.0.2.{rng.randrange(250)}] (unknown [192.0.2.{rng.randrange(250)}])\r\n\t"
        f"by mx.{host} with ESMTPSA id {rng.getrandbits(48):012X}\r\n\tfor <anna@example.com>; {date}\r\n"
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={host}; s=2023;\r\n\tt={FIRST_DATE + number * 600}; "
        f"h=from:to:subject:date:message-id:mime-version:content-type;\r\n\tbh={hashed};\r\n\tb="
        + "\r\n\t ".join(signature[at : at + 70] for at in range(0, len(signature), 70))
        + f"\r\nFrom: {sender}\r\nTo: Anna <anna@example.com>\r\nSubject: {subject}\r\nDate: {date}\r\n"
        f"Message-ID: <{rng.getrandbits(96):024x}@{host}>\r\nMIME-Version: 1.0\r\n"
    )


def letter(rng: random.Random, number: int) -> str:
    text = folded(prose(rng, rng.randrange(30, 250)))
    if rng.random() < 0.5:
        text += f"\r\nOn {number % 28 + 1} May, {person(number + 7)} wrote:\r\n" + folded(
            prose(rng, rng.randrange(40, 300)), "> "
        )
    sender = person(rng.randrange(PEOPLE))
    text = f"Hi Anna,\r\n\r\n{text}\r\nBest regards\r\n-- \r\n{sender}\r\n"
    content = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n"
    return head(rng, number, prose(rng, rng.randrange(2, 8)), sender) + content + "\r\n" + text


def newsletter(rng: random.Random, number: int) -> str:
    shop = rng.randrange(40)
    parts = [prose(rng, rng.randrange(10, 60)) for _ in range(rng.randrange(4, 16))]
    html = "".join(
        f'<tr><td style="{STYLE}"><a href="https://click.shop{shop}.example/{rng.getrandbits(128):032x}" '
        f'style="color:#0a66c2;text-decoration:none">{part[:30]}</a><br>{part}</td></tr>\r\n'
        for part in parts
    )
    mark = f"=_{rng.getrandbits(64):016x}"
    return (
        head(rng, number, prose(rng, 6), f"Shop {shop} <news@shop{shop}.example>")
        + f'Content-Type: multipart/alternative; boundary="{mark}"\r\n\r\n--{mark}\r\n'
        + "Content-Type: text/plain; charset=utf-8\r\n\r\n"
        + "\r\n".join(map(folded, parts))
        + f"\r\n--{mark}\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><table>\r\n{html}</table></body>"
        + f"</html>\r\n--{mark}--\r\n"
    )


def chinese(rng: random.Random, number: int) -> str:
    listed, weights = ideographs()
    text = "".join("".join(rng.choices(listed, cum_weights=weights, k=rng.randrange(4, 20))) + "，" for _ in range(40))
    subject = f"=?utf-8?B?{base64.b64encode(text[:8].encode()).decode()}?="
    content = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    body = base64.encodebytes(text.encode()).decode().replace("\n", "\r\n")
    return head(rng, number, subject, person(rng.randrange(PEOPLE))) + content + body


def with_attachment(rng: random.Random, number: int) -> str:
    mark = f"=_{rng.getrandbits(64):016x}"
    data = base64.encodebytes(rng.randbytes(rng.randrange(10_000, 60_000))).decode().replace("\n", "\r\n")
    return (
        head(rng, number, prose(rng, 5), person(rng.randrange(PEOPLE)))
        + f'Content-Type: multipart/mixed; boundary="{mark}"\r\n\r\n--{mark}\r\n'
        + f"Content-Type: text/plain; charset=utf-8\r\n\r\n{folded(prose(rng, 60))}\r\n--{mark}\r\n"
        + f'Content-Type: image/jpeg; name="{number}.jpg"\r\nContent-Transfer-Encoding: base64\r\n'
        + f'Content-Disposition: attachment; filename="{number}.jpg"\r\n\r\n{data}\r\n--{mark}--\r\n'
    )


KINDS: tuple[tuple[float, Callable[[random.Random, int], str]], ...] = (
    (0.60, letter), (0.25, newsletter), (0.10, chinese), (0.05, with_attachment),
)  # fmt: skip


def real_looking(number: int) -> bytes:
    """Message number so and so."""
    rng = random.Random(number)
    (make,) = rng.choices([kind for _, kind in KINDS], [share for share, _ in KINDS])
    return make(rng, number).encode()
