"""The benchmark of the promise: its bars can all be played, and long runs go on where they were."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from django.core.management.base import CommandError

from bench import _guarantee_peers, guarantee
from bench._guarantee_kept import Kept
from bench._guarantee_rounds import Habit, life
from bench._guarantee_rows import broken
from hitl.bench import report
from hitl.bench.options import Options
from hitl.bench.rows import Row

Play = Callable[[np.random.Generator, int], dict[str, np.ndarray]]


@pytest.fixture
def played() -> list[int]:
    return []


@pytest.fixture
def play(played: list[int]) -> Play:
    def one(rng: np.random.Generator, runs: int) -> dict[str, np.ndarray]:
        played.append(runs)
        return {"value": rng.random(runs)}

    return one


def test_a_run_goes_on_where_it_was(tmp_path: Path, play: Play, played: list[int]) -> None:
    kept = Kept(tmp_path, (Path(guarantee.__file__),))
    first = kept.runs("coin", 4, play, chunk=2)["value"]
    longer = kept.runs("coin", 6, play, chunk=2)["value"]
    assert played == [2, 2, 2]
    assert longer[:4].tolist() == first.tolist()
    assert np.unique(longer).size == 6  # every chunk has a seed of its own
    assert kept.runs("coin", 6, play, chunk=2)["value"].tolist() == longer.tolist()
    assert played == [2, 2, 2]


def test_an_experiment_that_gives_other_figures_each_time_is_refused(tmp_path: Path) -> None:
    kept, names = Kept(tmp_path, (Path(guarantee.__file__),)), iter("ab")
    with pytest.raises(ValueError, match="every figure once"):
        kept.runs("coin", 2, lambda rng, runs: {next(names): rng.random(runs)}, chunk=1)


def test_what_is_kept_is_forgotten_when_its_code_changes(
    tmp_path: Path, play: Play, played: list[int]
) -> None:
    texts = [
        '"""Said."""\nrate = 1\n',
        '"""Said better."""\nrate = 1  # why\n',
        '"""Said."""\nrate = 2\n',
    ]
    for version, text in enumerate(texts):
        code = tmp_path / str(version) / "experiment.py"
        code.parent.mkdir()
        code.write_text(text)
        Kept(tmp_path / "kept", (code,)).runs("coin", 1, play, chunk=1)
    assert played == [1, 1]


def test_a_cell_counts_as_beyond_only_where_chance_does_not_explain_it() -> None:
    fair, unfair = np.arange(200) < 14, np.arange(200) < 40
    pooled, beyond = broken("somehow", [("fair", fair), ("unfair", unfair)], 0.05)
    assert pooled.measured == pytest.approx(13.5)
    assert beyond.measured == 1
    assert beyond.met is False
    assert "beyond: unfair" in beyond.note


def test_a_bar_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(CommandError, match="validity, efficiency"):
        guarantee.run_with(Options(quick=True, only=("speeed",)))


def test_options_that_a_benchmark_does_not_take_are_refused() -> None:
    with pytest.raises(CommandError, match="--quick and --json alone"):
        report.measure("intake", Options(quick=True, runs=3))


@pytest.mark.parametrize("bar", ["reviewers", "detection"])
def test_a_bar_is_played_and_numbered(bar: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_guarantee_peers, "are_installed", lambda: False)  # as on most machines
    rows = list(guarantee.run_with(Options(quick=True, only=(bar,), cache=tmp_path)))
    number = list(guarantee.BARS).index(bar) + 1
    assert all(row.name.startswith(f"{number} ") for row in rows)
    assert any(row.met is not None for row in rows)


def test_rows_are_told_as_they_come_and_given_time_doubles_the_repetitions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bar(of: guarantee.Setting) -> Iterator[Row]:
        asked.append(of.runs(guarantee.USUAL))
        yield Row("first", "runs", of.runs(guarantee.USUAL))
        assert told[-1:] == ["1 first"] or of.options.minutes is not None
        yield Row("second", "runs", of.runs(guarantee.USUAL))

    asked: list[int] = []
    told: list[str] = []
    monkeypatch.setattr(guarantee, "BARS", {"bar": bar})
    report.measure("guarantee", Options(quick=False, runs=7), lambda row: told.append(row.name))
    assert (told, asked) == (["1 first", "1 second"], [7])
    in_time = report.measure("guarantee", Options(quick=False, minutes=5))
    assert asked[1:] == [20, 40, 80, 160, 320, 640, 1280, 2000]
    assert [row["measured"] for row in in_time["rows"]] == [2000, 2000]
    report.measure("guarantee", Options(quick=False, minutes=0))
    assert asked[9:] == [20]  # once at least


@pytest.mark.long  # tests/simulation/test_changes_hold.py looks at the same rules
def test_one_life_stops_at_the_change_and_comes_back_where_trusting_goes_wrong() -> None:
    ours = life(Habit(), np.random.default_rng(3))
    assert ours[0].automated > 0.6
    assert sum(one.alarms for one in ours) >= 1
    assert ours[4].automated < 0.3  # after the change nothing is proved
    assert ours[6].automated > 0.7
    assert ours[6].error < 0.025
    trusting = life(Habit(weighs=False, trusts=True), np.random.default_rng(3))
    assert sum(one.alarms for one in trusting) == 0
    assert trusting[6].automated > 0.95
    assert trusting[6].error > 0.05
