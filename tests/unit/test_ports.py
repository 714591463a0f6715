"""A port is given to one service: whoever asks next gets another, though the server shares its own."""

import os
import select
import socket
import sys

import pytest

from hitl.runtime.ports import LOOPBACK, free_port, is_free, reserve, reserve_first


def test_of_two_that_ask_at_the_same_moment_each_gets_a_port_of_its_own() -> None:
    start = free_port()
    first, second = reserve_first(start), reserve_first(start)
    assert first.port == start != second.port
    if sys.platform == "linux":
        assert reserve(start) is None
        assert not is_free(start)
    for reserved in (first, second):
        reserved.release()
    again = reserve(start)
    assert again is not None
    again.release()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a port is only looked at")
def test_a_server_that_shares_its_port_can_listen_on_one_that_is_held_and_hears_everything() -> None:
    reserved = reserve(free_port())
    assert reserved is not None
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    server.bind((LOOPBACK, reserved.port))
    server.listen(20)
    callers = [socket.create_connection((LOOPBACK, reserved.port), timeout=5) for _ in range(20)]
    for _ in callers:
        heard, _address = server.accept()
        heard.close()
    for one in (*callers, server):
        one.close()
    reserved.release()


def test_a_port_that_somebody_listens_on_is_not_given() -> None:
    other = socket.socket()
    other.bind((LOOPBACK, 0))
    other.listen()
    assert reserve(other.getsockname()[1]) is None
    other.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a server listens itself")
def test_of_two_servers_that_see_one_caller_the_later_does_not_wait_for_the_next() -> None:
    reserved = reserve_first(free_port())
    number = reserved.listening()
    assert number is not None
    assert not os.get_blocking(number), "a server that is too late would wait in accept"
    first, second = (socket.socket(fileno=os.dup(number)) for _ in range(2))
    with first, second, socket.create_connection((LOOPBACK, reserved.port), timeout=5):
        assert all(select.select([one], [], [], 5)[0] for one in (first, second))
        first.accept()[0].close()
        with pytest.raises(BlockingIOError):
            second.accept()
    reserved.release()
