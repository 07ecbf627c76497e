"""The first useful words: mailnode.message.preview."""

from __future__ import annotations

import pytest

from mailnode.message import structure
from mailnode.message.preview import BEGINNING, LENGTH, LOOKED_AT, preview, summary
from mailnode.message.text import texts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello\nyou", "Hello you"),
        ("> quoted\n> more\nThe answer", "The answer"),
        ("On Wed, Nov 25, 2026 at 9:34, A <a@example.com> wrote:\n> question\n\nAnswer", "Answer"),
        ("Answer\n\nOn Wed, Nov 25, 2026 at 9:34, A <a@example.com> wrote:\n> question", "Answer"),
        ("好的\n\n在 2026年11月25日，张三 写道：\n> 问题", "好的"),
        ("收到\n------------------ 原始邮件 ------------------\n发件人: 张三", "收到"),
        ("Yes\n-----Original Message-----\nFrom: a", "Yes"),
        ("See https://example.com/a?b=c#d for [image: logo] more", "See for more"),
        ("=====\n-----\n* * *\nText", "Text"),
        ("p {color: red}\n@media print {\n}\nText", "Text"),
        ("Text\n-- \nMy signature", "Text"),
        ("> only\n> quoted", "only quoted"),
        ("\u200b\u200c \u034f\ufeffText", "Text"),
        ("", ""),
        (" \n\t\n", ""),
    ],
)
def test_summary(text: str, words: str) -> None:
    assert summary(text) == words


def test_length() -> None:
    words = summary("word " * 100)
    assert len(words) <= LENGTH
    assert words.endswith("…")


def test_behind_a_long_quotation_the_answer_is_found() -> None:
    assert summary("> quoted\r\n" * LOOKED_AT + "The answer") == "quoted " * 28 + "quo…"
    assert summary("> quoted\r\n" * (BEGINNING // 5) + "The answer") == "The answer"


ALTERNATIVE = b"Content-Type: multipart/alternative; boundary=b\n\n"


def shown(raw: bytes) -> str:
    return preview(texts(raw, structure.scan(raw)))


def test_plain_text_goes_before_html() -> None:
    raw = ALTERNATIVE + b"--b\nContent-Type: text/html\n\n<p>rich\n--b\n\nplain\n--b--"
    assert shown(raw) == "plain"


def test_html_helps_when_the_plain_text_says_nothing() -> None:
    raw = ALTERNATIVE + b"--b\n\n\n--b\nContent-Type: text/html\n\n<p>rich\n--b--"
    assert shown(raw) == "rich"


def test_attachments_are_not_shown() -> None:
    raw = b"Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\ntext"
    assert shown(raw) == ""
