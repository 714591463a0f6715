"""The gate: what a new model must show before it may take anybody's place. Every refusal says its reason."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

from hitl.web.words import percent
from models_store.services.judging import Comparison

MARGIN = 0.005  # by how much more often than the champion it may err before chance is no excuse
Z = 3.0  # standard errors by which its ranking must beat a random one


@dataclass(frozen=True, slots=True)
class Check:
    """One question of the gate: whether it was passed, and the answer in words."""

    name: str
    passed: bool
    words: str

    def to_json(self) -> dict[str, Any]:
        """As the run and the model card keep it."""
        return asdict(self)


def checks(report: Mapping[str, Any], comparison: Comparison | None) -> list[Check]:
    """Ask everything that can be asked of a model before it is registered.

    `report` is that of `science.pipelines`; its measures are out of fold.
    """
    chosen = next(c for c in report["candidates"] if c["name"] == report["chosen"])
    found = [_beats_majority(report, chosen), _knows_its_errors(report, chosen)]
    logistic = report["baselines"]["logistic"]
    if logistic is not None:
        found.append(_matches_logistic(chosen, logistic))
    found.append(_not_worse(comparison))
    return found


def _beats_majority(report: Mapping[str, Any], chosen: Mapping[str, float]) -> Check:
    share = report["baselines"]["majority"]["accuracy"]
    words = (
        f"Right in {percent(chosen['accuracy'])} of the cases it was not trained on; always answering the"
        f" commonest label is right in {percent(share)}."
    )
    return Check("No worse than the commonest label", chosen["accuracy"] >= share, words)


def _knows_its_errors(report: Mapping[str, Any], chosen: Mapping[str, float]) -> Check:
    """Compare its risk-coverage area with that of the commonest label in random order.

    In random order the area is a weighted mean of n errors e with squared weights adding up to about 1 / n:
    its mean is e and its standard error sqrt(e (1 - e) / n).
    """
    chance = 1 - report["baselines"]["majority"]["accuracy"]
    needed = chance - Z * sqrt(chance * (1 - chance) / max(1, report["n_rows"]))
    words = (
        f"Its mean error over all automation rates is {percent(chosen['aurc'], 2)}; below"
        f" {percent(max(0.0, needed), 2)} it cannot be chance."
    )
    return Check("Its confidence tells right from wrong", chosen["aurc"] < needed, words)


def _matches_logistic(chosen: Mapping[str, float], logistic: Mapping[str, float]) -> Check:
    """Differences that `science.pipelines` takes for ties when it chooses are ties here."""
    words = (
        f"Mean error over all automation rates {percent(chosen['aurc'], 2)}, of plain logistic regression"
        f" {percent(logistic['aurc'], 2)}."
    )
    tie = max(0.02 * chosen["aurc"], 0.0002)
    return Check("No worse than logistic regression", chosen["aurc"] <= logistic["aurc"] + tie, words)


def _not_worse(comparison: Comparison | None) -> Check:
    name = "Not worse than the champion"
    if comparison is None:
        return Check(name, True, "There is no champion for these fields and labels to compare with.")
    errors = comparison.errors
    which = "newer than the champion" if comparison.is_fresh else "that neither was trained on"
    words = (
        f"On {errors.n_cases:,} labels {which}, it is wrong in {percent(errors.error_a)} and"
        f" {comparison.champion} in {percent(errors.error_b)}: a difference of"
        f" {100 * errors.difference:+.1f} points (95 % interval {100 * errors.low:+.1f} to"
        f" {100 * errors.high:+.1f})."
    )
    return Check(name, errors.low <= 0 and errors.difference <= MARGIN, words)
