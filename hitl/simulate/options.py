"""What is simulated, and how: the command's options, checked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cases.files.told import NOTHING, Told
from hitl.flow.setup.rehearsal import ALLOWED
from hitl.simulate.errors import CannotSimulate
from policy.services.promises import Promise

DRIFTS = {
    "flip": "From the case on, the tenth of the cases that the first model is surest of has another answer.",
    "flip-slowly": "The same, but the change spreads over the rest of the file.",
    "prior": "From the case on, the rarest label is as frequent as the commonest was, and so on.",
    "covariate": "From the case on, most cases are of the kind that the first model finds hard.",
}
MAX_REVIEWERS = 200


@dataclass(frozen=True, slots=True)
class Drift:
    """A change of the world that is put into the file. `case` counts from 1, after the history."""

    kind: str
    case: int


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that decides what comes out; the same options and file give the same outcome.

    Attributes:
        told: what is known of the file's columns.
        allow_refused: the share of its rows that may be left out because they do not fit.
        start: labelled rows that are there before the first case; None: a fifth, at most 2,000.
        retrain_every: new labels that make the service train; None: a tenth of the cases, at least 500.
        reviewer_error: chance that an answer of a person is not the file's label.
    """

    file: Path
    told: Told = NOTHING
    allow_refused: float = ALLOWED
    shuffle: bool = False
    start: int | None = None
    target: float = 0.01
    confidence: float = 0.95
    audit_rate: float = 0.02
    reviewer_error: float = 0.0
    reviewers: int = 3
    retrain_every: int | None = None
    drift: Drift | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        _check_file(self.file)
        _check_promise(self)
        if self.shuffle and self.told.time:
            raise CannotSimulate("--shuffle and --time give two orders. Leave one of them out.")
        for name, value, low, high, words in (
            ("--reviewer-error", self.reviewer_error, 0.0, 0.95, "a chance from 0 to 0.95"),
            ("--reviewers", self.reviewers, 1, MAX_REVIEWERS, f"a number from 1 to {MAX_REVIEWERS}"),
            ("--start", self.start or 0, 0, 10**9, "how many rows are history, 0 or more"),
            ("--retrain-every", self.retrain_every or 1, 1, 10**9, "a number of labels, 1 or more"),
            ("--seed", self.seed, 0, 2**32 - 1, "a whole number from 0 to 4294967295"),
        ):
            if not low <= value <= high:
                raise CannotSimulate(f"{name} {value} is out of range: give {words}.")
        if self.retrain_every == 0:
            raise CannotSimulate("--retrain-every 0 is out of range: give a number of labels, 1 or more.")

    @property
    def promise(self) -> Promise:
        """What the operator promises."""
        amber = max(Promise().audit_amber, self.audit_rate)
        return Promise(
            target=self.target, confidence=self.confidence, audit_base=self.audit_rate, audit_amber=amber
        )


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise CannotSimulate(
            f"FILE {path} is not there, or is no file. Name a CSV, JSON lines or Parquet file."
        )


def _check_promise(options: Options) -> None:
    names = {"target": "--target", "confidence": "--confidence", "audit_base": "--audit-rate"}
    for problem in options.promise.errors():
        option = names.get(problem["field"])
        if option is not None:
            value = getattr(options.promise, problem["field"])
            raise CannotSimulate(f"{option} {value:g} is out of range. {problem['fix']}")


def parse_drift(text: str) -> Drift:
    """Read `--drift KIND@CASE`.

    >>> parse_drift("flip@2000")
    Drift(kind='flip', case=2000)
    """
    found = re.fullmatch(r"([a-z-]+)@([\d_,]+)", text.strip())
    if found is None or found[1] not in DRIFTS:
        raise CannotSimulate(
            f'--drift "{text[:60]}" is not KIND@CASE. Write like flip@2000; kinds: {", ".join(DRIFTS)}.'
        )
    return Drift(found[1], int(re.sub(r"\D", "", found[2])))


def from_command(given: dict[str, Any], told: Told) -> Options:
    """Return the options of a command line, as argparse has read it; `told` are those that every file has.

    Raises:
        CannotSimulate: one of them does not fit.
    """
    names: Sequence[str] = (
        "allow_refused", "shuffle", "start", "target", "confidence", "audit_rate", "reviewer_error",
        "reviewers", "retrain_every", "seed",
    )  # fmt: skip
    return Options(
        file=Path(given["file"]),
        told=told,
        drift=parse_drift(given["drift"]) if given["drift"] else None,
        **{name: given[name] for name in names},
    )
