"""What a program leaves behind that goes on with its work: nginx's worker, when its master was killed."""

import os
import signal
import subprocess
from dataclasses import dataclass, field

import psutil

from hitl.runtime.processes import is_alive


@dataclass
class Orphans:
    """Processes that work on without the one that began them, until the next one works.

    `quit_signal` lets them end what they have begun with and take nothing new.
    """

    quit_signal: int = signal.SIGQUIT
    working: list[psutil.Process] = field(default_factory=list)
    leaving: list[psutil.Process] = field(default_factory=list)

    def adopt(self, ended: subprocess.Popen[bytes]) -> None:
        """Keep what is left of the group of a process that has ended."""
        self.working += [process for process in psutil.process_iter() if _group(process) == ended.pid]

    def relieve(self, successor: subprocess.Popen[bytes]) -> None:
        """Let them leave as soon as the successor has processes of its own."""
        try:
            if not self.working or not psutil.Process(successor.pid).children():
                return
        except psutil.Error:  # it has ended already
            return
        self._signal(self.working, self.quit_signal)
        self.leaving, self.working = [*filter(is_alive, self.leaving), *self.working], []

    def end(self) -> None:
        """End them all."""
        self._signal([*self.working, *self.leaving], signal.SIGKILL)

    @staticmethod
    def _signal(processes: list[psutil.Process], number: int) -> None:
        for process in processes:
            try:
                process.send_signal(number)
            except psutil.NoSuchProcess:
                continue


def _group(process: psutil.Process) -> int:
    try:
        return os.getpgid(process.pid) if is_alive(process) else -1
    except OSError:
        return -1
