"""Which cores the protocol processes keep to."""

from __future__ import annotations

import os

import pytest

from mailnode.node.cores import assigned, keep_to

CORES = frozenset(os.sched_getaffinity(0))


def test_as_many_processes_as_cores_have_one_each() -> None:
    found = assigned(len(CORES))
    assert [len(cores) for cores in found] == [1] * len(CORES)
    assert frozenset().union(*found) == CORES


@pytest.mark.parametrize("processes", [len(CORES) + 1, 2 * len(CORES) + 1])
def test_any_other_number_is_left_to_the_kernel(processes: int) -> None:
    assert assigned(processes) == [CORES] * processes


def test_a_process_keeps_to_the_cores_it_was_told() -> None:
    core = frozenset({min(CORES)})
    pid = os.fork()
    if pid == 0:
        keep_to(core)
        os._exit(os.sched_getaffinity(0) != core)
    assert os.waitpid(pid, 0)[1] == 0


def test_cores_that_are_not_there_stop_nobody() -> None:
    keep_to(frozenset({os.cpu_count() or 1, 1000}))
    assert frozenset(os.sched_getaffinity(0)) == CORES
