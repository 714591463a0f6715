"""Find ports on the loopback interface, and keep them from others."""

import socket
import sys
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"
BACKLOG = 511
"""Callers that wait at most while no server takes them."""


def free_port() -> int:
    """A port nobody listens on now. Another program may still take it first: callers try again."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """May a server listen here? (Connections of an earlier one that linger do not matter.)"""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class ReservedPort:
    """A port that is ours until it is released: nobody else who asks is given it."""

    port: int
    _socket: socket.socket | None

    def listening(self) -> int | None:
        """Let callers connect from now on, and return the socket's number for a server to take them from it.

        They wait while no server is there: it may end and be started again. None where the port is only
        looked at: the server listens itself. Nobody waits in it to accept: of two servers side by side that
        see the same caller one gets it, and the other would wait for the next with all its work undone.
        """
        if self._socket is None:
            return None
        self._socket.setblocking(False)
        self._socket.listen(BACKLOG)
        return self._socket.fileno()

    def release(self) -> None:
        """Let others have it."""
        if self._socket is not None:
            self._socket.close()


def reserve(port: int) -> ReservedPort | None:
    """Take a port for a server that is started later; None when it is not free.

    The web server shares its port with its workers, and the system would share it with any other server of
    the same person: two services begun at the same moment would answer each other's requests. So the port is
    bound here, alone, and opened to sharing only then; what is bound and does not listen gets no connection.
    Where that is not known to work (it is on Linux) the port is only looked at.
    """
    if sys.platform != "linux":
        return ReservedPort(port, None) if is_free(port) else None
    ours = socket.socket()
    try:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ours.bind((LOOPBACK, port))
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    except OSError:
        ours.close()
        return None
    return ReservedPort(port, ours)


def reserve_first(start: int, *, tries: int = 100) -> ReservedPort:
    """Take the first free port from `start` on, else any."""
    for port in range(start, min(start + tries, 65_536)):
        if (reserved := reserve(port)) is not None:
            return reserved
    while (reserved := reserve(free_port())) is None:
        pass
    return reserved
