"""Mail for the measurements: the same message for the same number, with words that can be searched for."""

from __future__ import annotations

import email.utils
import random

WORDS = [f"w{number:05d}" for number in range(20_000)]
FIRST_DATE = 1_700_000_000
HTML = 800


def sample(number: int, size: int = 4096) -> bytes:
    """A message with a text and an HTML part, of about ``size`` bytes and as compressible as mail is."""
    rng = random.Random(number)
    text = " ".join(rng.choices(WORDS, k=size // 7))
    lines = "\r\n".join(text[at : at + 70] for at in range(0, len(text), 70))
    sender, boundary = number % 97, f"=_{number}"
    return (
        f"From: Sender {sender} <s{sender}@example.net>\r\nTo: u1@example.com\r\n"
        f"Subject: Report {number} {rng.choice(WORDS)}\r\n"
        f"Date: {email.utils.formatdate(FIRST_DATE + number * 60)}\r\nMessage-ID: <m{number}@example.net>\r\n"
        f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'
        f"--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{lines}\r\n"
        f"--{boundary}\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>{lines[:HTML]}</p>\r\n--{boundary}--\r\n"
    ).encode()
