"""`make bench`: every comparison, one after the other, and the report of them.

Needs root, for Postfix and Dovecot change users, and a machine that does nothing else. ``--only`` names some of them;
then the report is printed and the files stay as they are.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from tests.bench import disk, idle, imap, opening, relay, report, signing, smtp, waking
from tests.bench.figures import Group, machine

MEASURED: dict[str, Callable[[], Group]] = {
    "smtp": lambda: smtp.compared(rounds=3),
    "relay": lambda: relay.compared(rounds=3),
    "imap": lambda: imap.appended_one_by_one(10_000, rounds=5),
    "imap-100000": lambda: imap.filled_at_once(100_000, rounds=2),
    "idle": lambda: idle.compared(5000, 200),
    "waking": lambda: waking.compared(30),
    "disk": lambda: disk.compared(10_000),
    "opening": lambda: opening.compared(1_000_000, rounds=9),
    "dkim": lambda: signing.compared(rounds=200),
}


def main() -> int:
    options = argparse.ArgumentParser(prog="make bench", description="Measure Mailnode beside Postfix and Dovecot")
    options.add_argument("--only", choices=MEASURED, nargs="+", help="these alone, without writing the report")
    wanted = options.parse_args().only
    if os.geteuid() != 0:
        print("Postfix and Dovecot change users: measure as root", file=sys.stderr)
        return 1
    groups = []
    for name in wanted or MEASURED:
        group = MEASURED[name]()
        print(report.printed(group), flush=True)
        groups.append(group)
    if wanted is None:
        report.write(groups, machine())
        print(f"Written: {report.PAGE}, {report.PICTURE} and the READMEs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
