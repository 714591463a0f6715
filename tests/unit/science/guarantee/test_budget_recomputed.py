"""A verdict can be computed again from its file, by a script that shares no code with the service."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from science.guarantee.budget_evidence import period_evidence, verdict_json
from science.guarantee.budget_verdict import Terms, close

SCRIPT = Path(__file__).parents[4] / "docs" / "reference" / "recompute_budget.py"


def period(seed: int) -> tuple[dict[str, object], dict[str, object]]:
    """A random period: what the service says of it, and its file."""
    rng = np.random.default_rng([509, seed])
    n, declared = int(rng.integers(500, 4000)), int(rng.integers(500, 3000))
    rate = float(rng.choice([0.05, 0.2, 0.5, 1.0]))
    terms = Terms(
        float(rng.choice([0.01, 0.03])),
        declared,
        rate,
        delta_kept=float(rng.choice([0.05, 0.1])),
        miss_bound=float(rng.choice([0.0, 0.05])),
        short=float(rng.choice([0.0, 0.3])),
    )
    pi = np.where(rng.random(n) < 0.5, rate, min(1.0, 3 * rate))
    keeps_draws = bool(rng.random() < 0.7)
    wrong = (rng.random(n) < terms.target * rng.choice([0.0, 0.3, 1.0, 4.0])).astype(float)
    u = rng.random(n)
    audited = u < pi
    wrong[rng.random(n) < 0.002] = np.nan
    audits = (wrong[audited], pi[audited], u[audited] if keeps_draws else None)
    budget = terms.budget()
    budget.add_block(n, *audits)
    return verdict_json(close(terms, budget)), period_evidence(terms, budget, *audits)


def recomputed(file: Path, evidence: dict[str, object]) -> subprocess.CompletedProcess[str]:
    file.write_text(json.dumps(evidence))
    return subprocess.run([sys.executable, SCRIPT, file], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("seed", range(12))
def test_the_script_says_what_the_service_says(seed: int, tmp_path: Path) -> None:
    ours, evidence = period(seed)
    result = recomputed(tmp_path / "period.json", evidence)
    assert result.returncode == 0, result.stderr
    theirs = json.loads(result.stdout)
    spent, exact = ours["spent"], ours["exact"]
    assert theirs["verdict"] == ours["verdict"]
    assert theirs["p_value"] == pytest.approx(ours["p_value"], rel=1e-6, abs=1e-12)
    assert isinstance(spent, dict)
    assert (theirs["low"], theirs["high"]) == (spent["low"], spent["high"])
    assert theirs["exact"] == (list(exact) if isinstance(exact, tuple) else None)


def test_the_periods_that_are_tried_end_in_every_verdict() -> None:
    assert {period(seed)[0]["verdict"] for seed in range(12)} == {"kept", "broken", "not_decided"}


def test_the_script_refuses_what_was_not_drawn_as_declared(tmp_path: Path) -> None:
    evidence = period(0)[1]
    result = recomputed(tmp_path / "period.json", evidence | {"rate": 0.99, "audits": [[0.5, 0.1, 0]]})
    assert result.returncode != 0
    assert "less likely than declared" in result.stderr


def test_the_script_is_short_and_needs_numpy_alone() -> None:
    text = SCRIPT.read_text()
    imports = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imports for alias in node.names}
    assert names == {"json", "sys", "numpy"}
    assert len(text.splitlines()) < 100


@pytest.mark.parametrize("answer", [0.0, 1.0])
def test_an_answer_that_was_changed_or_came_later_is_not_written_beside_the_verdict(answer: float) -> None:
    terms = Terms(0.01, 1000, 0.5)
    budget, pi = terms.budget(), np.full(3, 0.5)
    budget.add_block(1000, np.array([1.0, np.nan, 0.0]), pi)
    with pytest.raises(ValueError, match="took in"):
        period_evidence(terms, budget, np.array([1.0, answer, 0.0]), pi)
    with pytest.raises(ValueError, match="took in"):
        period_evidence(terms, budget, np.array([0.0, np.nan, 0.0]), pi)


def test_the_script_refuses_an_audit_that_is_more_than_certain(tmp_path: Path) -> None:
    result = recomputed(tmp_path / "period.json", period(0)[1] | {"audits": [[1.5, None, 1]]})
    assert result.returncode != 0
    assert "more than certain" in result.stderr
