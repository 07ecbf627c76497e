"""`mailnode history`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from mailnode.cli import show as shown
from mailnode.cli.language import Text, language
from mailnode.cli.opened import opened
from mailnode.history import asking, saying
from mailnode.history.asking import Question
from mailnode.history.finding import NEWEST, Row
from mailnode.history.viewing import ADMINISTRATOR

NOTHING = Text("Nothing is known of that", "没有相关记录")


def history(chosen: Namespace) -> None:
    """Of one message the whole story, else the newest rows."""
    question = Question(chosen.address or "", chosen.message_id or "", chosen.id or "", chosen.refused)
    with opened() as home:
        hostname = home.settings.hostname
        rows = home.read(lambda tx: list(_rows(tx, asking.as_known(tx, question, hostname), chosen.limit)))
    if chosen.json:
        shown.print_json([_plain(row) for row in rows])
    elif not rows:
        print(NOTHING)
    for row in () if chosen.json else rows:
        number = f"  {row.trace}" if row.trace else (f"  {row.queue_id}" if row.queue_id else "")
        print(f"{_time(row.at).astimezone():%Y-%m-%d %H:%M:%S}{number}  {saying.heading(row, language())}")
        for line in saying.lines(row, language()):
            print(f"    {line}")


def _rows(tx: Session, question: Question, limit: int) -> Iterator[Row]:
    """Oldest first, as people read."""
    if question.id or question.message_id:
        yield from asking.stories(tx, ADMINISTRATOR, question, limit=limit)
        return
    rows: list[Row] = []
    before: int | None = NEWEST
    while before is not None and len(rows) < limit:
        page = asking.page(tx, ADMINISTRATOR, question, before=before, limit=limit - len(rows))
        rows, before = rows + page.rows, page.next
    yield from reversed(rows)


def _plain(row: Row) -> dict[str, object]:
    """All facts of a row, for programs."""
    detail = row.detail
    return {
        "id": row.id,
        "at": _time(row.at),
        "what": row.what.name.lower(),
        "trace": row.trace or None,
        "queue_id": row.queue_id or None,
        "sender": row.sender,
        "message_id": detail.message_id or None,
        "size": detail.size or None,
        "client": {name: value for name, value in detail.arrival._asdict().items() if value} or None,
        "findings": [
            {
                "rule": one.rule,
                "score": one.score,
                "text": one.text,
                "action": one.action.name.lower() if one.action is not None else None,
            }
            for one in detail.findings
        ],
        "steps": [
            {name: value for name, value in one._asdict().items() if value and name != "act"}
            | {"act": one.act.name.lower()}
            for one in detail.steps
        ],
    }


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
