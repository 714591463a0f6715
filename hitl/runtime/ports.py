"""Find ports on the loopback interface."""

import socket

LOOPBACK = "127.0.0.1"


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


def first_free_port(start: int, *, tries: int = 100) -> int:
    """The first free port from `start` on, else any."""
    candidates = range(start, min(start + tries, 65_536))
    return next((port for port in candidates if is_free(port)), None) or free_port()
