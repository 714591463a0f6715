"""Machines that are network namespaces of this one: each has an address, a name, a share of the processor,
and a cable that can be pulled."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hitl.runtime.supervisor import Program

NETWORK = "10.213.7"
MIDDLE = f"{NETWORK}.1"
"""Where database, broker and store listen: this machine's end of the bridge."""

PERIOD_US = 20_000
_CPU = Path("/sys/fs/cgroup/cpu")
_ENTER = 'if [ -n "$1" ]; then echo $$ > "$1"; fi; hostname "$2"; shift 2; exec "$@"'


class NoNetwork(Exception):
    """Network namespaces cannot be made here: it takes root on Linux, and `ip`."""


@dataclass(frozen=True, slots=True)
class Host:
    """One machine.

    Attributes:
        name: of its namespace, by which it is entered.
        address: of its end of the cable; cable: this machine's end of it.
        tasks: the file that takes processes into its share of the processor; "" without one.
    """

    name: str
    address: str
    cable: str
    tasks: str = ""

    def runs(self, program: Program) -> Program:
        """Return the program as one of this machine's."""
        enter = [str(shutil.which("unshare")), "--uts", "ip", "netns", "exec", self.name]
        inside = ["sh", "-c", _ENTER, "sh", self.tasks, self.name]
        return replace(program, command=[*enter, *inside, *program.command])

    def unlimited(self) -> "Host":
        """Return it with all of the processor: training would take an age."""
        return replace(self, tasks="")

    def cut_off(self) -> None:
        """Pull its cable: nothing goes in or out, and nobody is told."""
        _ip("link", "set", self.cable, "down")

    def plug_in(self) -> None:
        """Put its cable back."""
        _ip("link", "set", self.cable, "up")


@contextmanager
def hosts(names: Sequence[str], *, share: float) -> Iterator[list[Host]]:
    """Make machines on one bridge, each with that share of one core where the kernel can say so; remove them.

    Raises:
        NoNetwork: that is not possible here.
    """
    if os.geteuid() != 0 or not (shutil.which("ip") and shutil.which("unshare")):
        raise NoNetwork("It takes root on Linux, with ip and unshare.")
    mark = f"hs{os.getpid() % 100_000}"
    with ExitStack() as made:
        try:
            bridge = f"{mark}br"
            _ip("link", "add", bridge, "type", "bridge")
            made.callback(_ip, "link", "delete", bridge)
            _ip("address", "add", f"{MIDDLE}/24", "dev", bridge)
            _ip("link", "set", bridge, "up")
            found = [
                _make(made, f"{mark}-{name}", number, bridge, share) for number, name in enumerate(names, 11)
            ]
        except (OSError, subprocess.CalledProcessError) as error:
            raise NoNetwork(str(getattr(error, "stderr", "") or error).strip()) from error
        yield found


def _make(made: ExitStack, name: str, number: int, bridge: str, share: float) -> Host:
    address, cable = f"{NETWORK}.{number}", f"{bridge[:-2]}v{number}"
    _ip("netns", "add", name)
    made.callback(_ip, "netns", "delete", name)
    _ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
    _ip("link", "set", cable, "master", bridge)
    _ip("link", "set", cable, "up")
    for words in (
        ("address", "add", f"{address}/24", "dev", "eth0"),
        ("link", "set", "eth0", "up"),
        ("link", "set", "lo", "up"),
    ):
        _ip("-n", name, *words)
    return Host(name, address, cable, _share(made, name, share))


def _share(made: ExitStack, name: str, share: float) -> str:
    """Return the file of a group that has this share of a core; "" where there are no such groups."""
    group = _CPU / name
    try:
        group.mkdir()
        made.callback(group.rmdir)
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (group / "cpu.cfs_quota_us").write_text(str(int(share * PERIOD_US)))
    except OSError:
        return ""
    return str(group / "cgroup.procs")


def _ip(*words: str) -> None:
    program = shutil.which("ip") or "/usr/sbin/ip"
    subprocess.run([program, *words], check=True, capture_output=True, text=True)
