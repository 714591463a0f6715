"""CPU time and memory of whole process trees, from the operating system's own books."""

from collections.abc import Iterable

import psutil


def tree(pid: int) -> list[psutil.Process]:
    """Return the process and everything it started."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return user plus system seconds of the trees so far, those of children that have ended included.

    Each living process counts itself and the children it has reaped.
    """
    total = 0.0
    for pid in pids:
        for process in tree(pid):
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system + times.children_user + times.children_system
    return total


def pss_megabytes(pid: int) -> float:
    """Return the memory of the tree with shared pages split among those who share them, in MB."""
    return float(sum(process.memory_full_info().pss for process in tree(pid)) / 1e6)
