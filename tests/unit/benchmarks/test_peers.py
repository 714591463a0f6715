"""Peers live apart: where they are not installed nothing breaks; where they are, they are asked."""

import re
import sys
from pathlib import Path

import pytest

from bench import _guarantee_peers, _oracles
from hitl.bench import peers
from hitl.bench.peers import Group
from hitl.runtime import environment


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "is_stamped", lambda lock, venv: False)


@pytest.fixture
def present(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if this interpreter were the peers' own."""
    monkeypatch.setattr(peers, "interpreter", lambda group: Path(sys.executable))


@pytest.mark.usefixtures("absent")
def test_where_no_peer_is_installed_there_is_nobody_to_ask() -> None:
    assert peers.interpreter(Group.GENERAL) is None
    with peers.peer(Group.GENERAL, "_guarantee_peers_script") as nobody:
        assert nobody is None
    assert not _guarantee_peers.are_installed()
    with _oracles.oracle(None) as nothing:  # type: ignore[arg-type]
        assert nothing is None


@pytest.mark.usefixtures("present")
def test_a_peer_answers_and_says_where_it_could_not() -> None:
    with peers.peer(Group.GENERAL, "_guarantee_peers_script") as asked:
        assert asked is not None
        with pytest.raises(RuntimeError, match="the peer ended with 1"):
            asked.ask(what="something else")


@pytest.mark.parametrize("group", list(Group))
def test_each_lock_holds_hashes_and_names_no_host(group: Group) -> None:
    text = group.lock.read_text()
    assert environment.requirements(group.lock)
    assert len(re.findall(r"^\S+==", text, flags=re.MULTILINE)) <= text.count("--hash=sha256:")
    assert not re.search(r"https?://|--index-url|--find-links", text)
    wanted = [line for line in group.lock.with_suffix(".in").read_text().splitlines() if line[0] != "#"]
    for line in wanted:
        assert re.search(rf"^{re.match(r'[a-z0-9-]+', line)[0]}(\[\w+\])?==", text, flags=re.MULTILINE), line


def test_a_version_of_a_peer_is_part_of_what_is_kept() -> None:
    assert re.fullmatch(r"MAPIE \d+\.\d+\.\d+", _guarantee_peers.named("MAPIE"))
