"""The queue process knows every table: the sweeper would else try to remove bodies that some row still names."""

from __future__ import annotations

import subprocess
import sys

from tests.support.tree import ROOT

PROGRAM = """
from mailnode.database import Base
from mailnode.node import worker
worker.uvloop.run = lambda work: work.close()
worker.run_queue(None, None)
print(*sorted(Base.metadata.tables))
"""


def test_the_queue_process_knows_tables_that_it_does_not_use() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"upload", "draft", "queue_message", "message"} <= set(done.stdout.split())
