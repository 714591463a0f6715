"""A port is given to one service: whoever asks next gets another, though the server shares its own."""

import socket
import sys

import pytest

from hitl.runtime.ports import LOOPBACK, free_port, hold, hold_first, is_free


def test_of_two_that_ask_at_the_same_moment_each_gets_a_port_of_its_own() -> None:
    start = free_port()
    first, second = hold_first(start), hold_first(start)
    assert first.port == start != second.port
    if sys.platform == "linux":
        assert hold(start) is None
        assert not is_free(start)
    for held in (first, second):
        held.release()
    again = hold(start)
    assert again is not None
    again.release()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a port is only looked at")
def test_a_server_that_shares_its_port_can_listen_on_one_that_is_held_and_hears_everything() -> None:
    held = hold(free_port())
    assert held is not None
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    server.bind((LOOPBACK, held.port))
    server.listen(20)
    callers = [socket.create_connection((LOOPBACK, held.port), timeout=5) for _ in range(20)]
    for _ in callers:
        heard, _address = server.accept()
        heard.close()
    for one in (*callers, server):
        one.close()
    held.release()


def test_a_port_that_somebody_listens_on_is_not_given() -> None:
    other = socket.socket()
    other.bind((LOOPBACK, 0))
    other.listen()
    assert hold(other.getsockname()[1]) is None
    other.close()
