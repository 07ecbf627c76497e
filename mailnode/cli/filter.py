"""`mailnode filter …`: whether content filters answer, and the users' own filters."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from mailnode.cli import show as shown
from mailnode.cli.language import Text, language
from mailnode.cli.opened import opened
from mailnode.directory import edit
from mailnode.filters.scan import Filters
from mailnode.filters.values import Asked
from mailnode.learning import teaching
from mailnode.sentences import FOUND
from mailnode.settings import FilterAt, Settings

FORGOTTEN = Text("The filter of {address} begins anew", "{address} 的过滤器已从头开始")
NONE = Text("No content filters are set (MAILNODE_FILTERS)", "没有设置内容过滤器（MAILNODE_FILTERS）")
TITLES = {
    "junk": Text("Messages that are junk", "垃圾邮件数"),
    "wanted": Text("Messages that are wanted", "正常邮件数"),
    "tokens": Text("Words and other marks", "词与其他特征"),
    "judges": Text("Judges new mail", "已用于判断新邮件"),
    "taught_at": Text("Taught last", "最近一次学习"),
}
FILTERS = {
    "filter": Text("Filter", "过滤器"),
    "place": Text("Where", "位置"),
    "answers": Text("Answers", "应答"),
    "text": Text("What it says", "内容"),
}
HARMLESS = (
    b"From: postmaster@localhost\r\nTo: postmaster@localhost\r\nSubject: Are you there?\r\n"
    b"Message-ID: <probe@localhost>\r\nDate: Wed, 01 Jan 2025 00:00:00 +0000\r\n\r\nHello\r\n"
)


def status(chosen: Namespace) -> None:
    if chosen.address is None:
        _answering(chosen)
        return
    with opened() as home:
        found = home.read(lambda tx: teaching.status(tx, edit.user(tx, chosen.address).id))
    row: shown.Row = {
        "junk": found.junk,
        "wanted": found.wanted,
        "tokens": found.tokens,
        "judges": found.judges,
        "taught_at": datetime.fromtimestamp(found.taught_at, UTC) if found.taught_at else None,
    }
    shown.facts(row, TITLES, as_json=chosen.json)


def _answering(chosen: Namespace) -> None:
    settings = Settings.load()
    rows = asked_all(settings)
    if chosen.json:
        shown.print_json(rows)
    elif rows:
        shown.table([row | {"text": told(row)} for row in rows], FILTERS, as_json=False)
    else:
        print(NONE)


def told(row: shown.Row) -> str:
    """What a filter has answered, in the reader's language."""
    return FOUND.told(str(row["text"]), language())


def asked_all(settings: Settings) -> list[dict[str, shown.Fact]]:
    """What each content filter answers to a harmless message."""
    return [asyncio.run(_asked(settings, place)) for place in settings.filters]


async def _asked(settings: Settings, place: FilterAt) -> dict[str, shown.Fact]:
    """One filter, asked about a harmless message."""
    filters = Filters(settings.model_copy(update={"filters": (place,)}))
    try:
        found = await filters.scan(Asked(HARMLESS, hello="localhost"))
    finally:
        filters.close()
    where = place.path or f"{place.host}:{place.port}"
    return {"filter": place.kind, "place": where, "answers": not found.failed, "text": found.findings[0].text}


def forget(chosen: Namespace) -> None:
    def step(tx: Session) -> str:
        user = edit.user(tx, chosen.address)
        teaching.forget(tx, user.id)
        return user.address

    with opened() as home:
        address = home.write(step)
    print(FORGOTTEN(address=address))
