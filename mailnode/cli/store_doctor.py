"""`mailnode doctor --store`: is everything that is kept as it should be? ``--repair`` mends it as far as that can be.

The server may go on running.
"""

from __future__ import annotations

from argparse import Namespace

from mailnode.cli import show as shown
from mailnode.cli.language import Text
from mailnode.cli.opened import opened
from mailnode.store import check
from mailnode.store.check import Fault, Kind

MOST_SHOWN = 1000  # lines of the table; --json has all
WHAT = {
    Kind.DATABASE: Text("database file", "数据库文件"),
    Kind.MAILBOX_COUNTERS: Text("counters of a mailbox", "邮箱计数"),
    Kind.USER_COUNTERS: Text("used quota", "已用配额"),
    Kind.KEPT_COUNTERS: Text("count of what is kept of removed mail", "已删除保留邮件的计数"),
    Kind.MODSEQ: Text("newest mod-sequence", "最新修改序号"),
    Kind.UID: Text("next UID", "下一个 UID"),
    Kind.COPIES: Text("number of a message's places", "邮件所在位置数"),
    Kind.ENTRY: Text("entry without a message: nothing of it is left", "没有邮件的条目：内容已全部丢失"),
    Kind.BODY: Text("message body", "邮件正文"),
    Kind.MARKED: Text("message whose body is lost, marked", "正文丢失的邮件，已标记"),
    Kind.TEXT: Text("searchable text of a body", "正文的可搜索文本"),
    Kind.INDEX: Text("search index", "搜索索引"),
    Kind.SEGMENT: Text("bodies that nothing names", "无人引用的正文文件"),
    Kind.LEFTOVER: Text("file that nobody needs", "无用文件"),
}
PHASES = {"users": Text("Users", "用户"), "bodies": Text("Bodies", "正文")}
MENDED = Text("mended", "已修复")
WRONG = Text("WRONG", "错误")
TITLES = {
    "mark": Text("", ""),
    "what": Text("What", "内容"),
    "where": Text("Where", "位置"),
    "found": Text("Found", "实际"),
    "wanted": Text("Should be", "应为"),
}
SOUND = Text("The store is sound", "邮件存储完好")
MORE = Text("… and {number} more; --json lists all", "… 另有 {number} 项；--json 可列出全部")
RUNNING = Text(
    "To mend what can be mended, run: mailnode doctor --store --repair; the server may go on running",
    "要修复可修复的内容，请运行：mailnode doctor --store --repair；服务器可以继续运行",
)
LOST = Text(
    "{number} faults cannot be mended here. A message whose body is lost stays, with the keyword {keyword};\n"
    "restore the file from a backup and repeat, or tell its owner",
    "有 {number} 处错误无法在此修复。正文丢失的邮件会保留，并带有关键字 {keyword}；\n"
    "请从备份恢复文件后重试，或告知其所有者",
)


def run(chosen: Namespace) -> int:
    """Exit status 1 where anything is wrong and not mended."""
    bars = {name: shown.progress(str(title)) for name, title in PHASES.items()}

    def progress(what: str, done: int, total: int) -> None:
        bars[what](done, total)

    with opened() as home:
        faults = list(check.run(home, home.settings.data_dir, repair=chosen.repair, progress=progress))
    left = [fault for fault in faults if not fault.mended]
    if chosen.json:
        shown.print_json([_row(fault) for fault in faults])
    else:
        _print(faults)
        if left:
            print()
            print(LOST(number=len(left), keyword=check.LOST) if chosen.repair else RUNNING)
    return 1 if left else 0


def _print(faults: list[Fault]) -> None:
    if not faults:
        print(SOUND)
        return
    shown.table([_row(fault) for fault in faults[:MOST_SHOWN]], TITLES, as_json=False)
    if len(faults) > MOST_SHOWN:
        print(MORE(number=len(faults) - MOST_SHOWN))


def _row(fault: Fault) -> dict[str, shown.Fact]:
    return {
        "kind": fault.kind.value,
        "mended": fault.mended,
        "mark": str(MENDED if fault.mended else WRONG),
        "what": str(WHAT[fault.kind]),
        "where": fault.where,
        "found": fault.found or None,
        "wanted": fault.wanted or None,
    }
