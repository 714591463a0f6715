"""Become another program whose life is tied to ours, without root's rights when we are root.

Run as a script (`python -I -S launch.py --parent PID --death SIGNAL [--demote UID:GID] -- program args`) and
not as a `preexec_fn`: code between fork and exec is unsafe in a program with threads. Standard library only.

Two things happen before the program takes our place (both on Linux only; elsewhere they are skipped):

* `PR_SET_PDEATHSIG`: the kernel sends the death signal when the parent ends, even by `kill -9`.
* `--demote`: PostgreSQL refuses to run as root. We become another user but keep the one right to pass file
  permissions (CAP_DAC_OVERRIDE, as an ambient capability), so that data and binaries below `/root` (mode
  0700) stay reachable and no mode of anybody's folder changes. NO_SETUID_FIXUP matters: without it access(2),
  which initdb asks, ignores the capability.
"""

import argparse
import ctypes
import os
import sys

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 28, 47, 2
NO_SETUID_FIXUP, KEEP_CAPS = 1 << 2, 1 << 4
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
CAPABILITY_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Data(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


def _checked(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, what + ": " + os.strerror(error))


def demote(uid: int, gid: int) -> None:
    """Become `uid` for good, keeping only the right to pass file permissions."""
    libc = ctypes.CDLL(None, use_errno=True)
    _checked(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "PR_SET_KEEPCAPS")
    _checked(libc.prctl(PR_SET_SECUREBITS, NO_SETUID_FIXUP | KEEP_CAPS, 0, 0, 0), "PR_SET_SECUREBITS")
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    wanted = (1 << CAP_DAC_OVERRIDE) | (1 << CAP_DAC_READ_SEARCH)
    data = (_Data * 2)()
    data[0].effective = data[0].permitted = data[0].inheritable = wanted
    _checked(libc.capset(ctypes.byref(_Header(CAPABILITY_VERSION_3, 0)), data), "capset")
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        _checked(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0), "PR_CAP_AMBIENT_RAISE")


def die_with_parent(parent: int, death_signal: int) -> None:
    """Ask the kernel for a signal when the parent ends. Credentials changes clear it: call this last."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:  # it ended before we asked
        sys.exit(1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--death", type=int, required=True)
    parser.add_argument("--demote", metavar="UID:GID")
    parser.add_argument("program", nargs="+")
    arguments = parser.parse_args()
    if arguments.demote:
        uid, gid = arguments.demote.split(":")
        demote(int(uid), int(gid))
    if sys.platform == "linux":
        die_with_parent(arguments.parent, arguments.death)
    os.execv(arguments.program[0], arguments.program)


if __name__ == "__main__":
    main()
