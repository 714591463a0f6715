"""Runs and releases as the pages show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from cases.types import Purpose
from hitl.web.charts import Plot
from hitl.web.format import size
from models_store.models import Release, RoleSpan, TrainingRun
from models_store.services.evidence import MIN_RATIO
from models_store.types import ReleaseRole, RunStatus
from models_store.web.plots import calibration_plot, risk_coverage_plot
from science.intervals import wilson_interval

TITLES = ("Read the labels", "Train", "Judge", "Pass the gate", "Register", "Certify", "Promote")

_STATUS = {
    RunStatus.QUEUED: ("waits for a worker", "neutral", "clock"),
    RunStatus.RUNNING: ("running", "accent", "play"),
    RunStatus.SUCCEEDED: ("made a model", "good", "check"),
    RunStatus.REFUSED: ("refused by the gate", "warn", "hand"),
    RunStatus.FAILED: ("failed", "bad", "circle-x"),
    RunStatus.CANCELLED: ("cancelled", "neutral", "x"),
}
_ROLES = {
    ReleaseRole.TRAINED: ("trained", "neutral", "clock"),
    ReleaseRole.CHAMPION: ("champion", "good", "circle-check"),
    ReleaseRole.SHADOW: ("shadow", "accent", "eye-off"),
    ReleaseRole.CANARY: ("canary", "accent", "gauge"),
    ReleaseRole.RETIRED: ("retired", "neutral", "history"),
}
_METHODS = {
    "linear-exact": "the exact share of every word and field in the model's sum",
    "token-shares": "the share of every word in the sentence's vector; it depends on the words around it",
    "two-ended-swap": "exchanging each field with those of fifty usual cases, in both directions",
    "none": "none: the scores come from a model elsewhere, and what it looked at is not known here",
    "occlusion": "covering or muting a part and asking the model again",
}


@dataclass(frozen=True, slots=True)
class Badge:
    """Words, tone and icon of a badge."""

    words: str
    tone: str
    icon: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of a run's log."""

    title: str
    result: str
    at: datetime
    took: str
    lines: list[tuple[str, str]]
    state: str  # done, open, trouble
    attempt: int


@dataclass(frozen=True)
class ShownRun:
    """A training run with what its page says of it."""

    run: TrainingRun
    now: datetime

    @property
    def status(self) -> Badge:
        """Its status."""
        return Badge(*_STATUS[RunStatus(self.run.status)])

    @property
    def trigger(self) -> str:
        """Why it was started, and by whom."""
        by = f", {self.run.requested_by_name}" if self.run.requested_by_name else ""
        return f"{self.run.get_trigger_display()}{by}"

    @property
    def took(self) -> str:
        """How long its last attempt took, or takes so far."""
        if self.run.started_at is None:
            return ""
        return seconds((self.run.finished_at or self.now) - self.run.started_at)

    @cached_property
    def steps(self) -> list[StepLine]:
        """The log, oldest first."""
        return [_step(entry, self.run) for entry in self.run.log]

    @property
    def place(self) -> int:
        """How many steps of the present attempt are behind it."""
        done = {
            step.title for step in self.steps if step.attempt == self.run.attempts and step.state == "done"
        }
        return len(done)

    @property
    def n_steps(self) -> int:
        """How many steps there are."""
        return len(TITLES)

    @property
    def outlook(self) -> list[str]:
        """The steps that have not begun."""
        begun = {step.title for step in self.steps if step.attempt == self.run.attempts}
        return [title for title in TITLES if title not in begun] if self.run.is_active else []


def _step(entry: Mapping[str, Any], run: TrainingRun) -> StepLine:
    at = datetime.fromisoformat(entry["at"])
    is_over = "until" in entry
    if entry.get("is_trouble") or (not is_over and (not run.is_active or entry["attempt"] != run.attempts)):
        state = "trouble"
    else:
        state = "done" if is_over else "open"
    return StepLine(
        title=entry["title"],
        result=entry.get("result", "") or ("It ended here." if state == "trouble" else ""),
        at=at,
        took=seconds(datetime.fromisoformat(entry["until"]) - at) if is_over else "",
        lines=[(f"{datetime.fromisoformat(line['at']):%H:%M:%S}", line["words"]) for line in entry["lines"]],
        state=state,
        attempt=entry["attempt"],
    )


def seconds(duration: Any) -> str:
    """Say a duration: tenths below ten seconds, minutes above ninety.

    >>> from datetime import timedelta
    >>> seconds(timedelta(seconds=3.21)), seconds(timedelta(seconds=42)), seconds(timedelta(seconds=125))
    ('3.2 s', '42 s', '2 min 5 s')
    """
    total = float(duration.total_seconds())
    if total < 10:
        return f"{total:.1f} s"
    return f"{total:.0f} s" if total < 90 else f"{int(total // 60)} min {int(total % 60)} s"


@dataclass(frozen=True)
class ShownRelease:
    """A release with what pages say of it; a part of the report that is not there is left out."""

    release: Release
    span: RoleSpan | None

    @property
    def role(self) -> Badge:
        """What it does now."""
        return Badge(*_ROLES[ReleaseRole(self.span.role)]) if self.span else Badge("waits", "warn", "clock")

    @property
    def is_champion(self) -> bool:
        """True while it scores and decides."""
        return self.span is not None and self.span.role == ReleaseRole.CHAMPION

    @property
    def is_in_shadow(self) -> bool:
        """True while it scores beside the champion."""
        return self.span is not None and self.span.role == ReleaseRole.SHADOW

    @property
    def report(self) -> Mapping[str, Any]:
        """The model card's numbers."""
        report: Mapping[str, Any] = self.release.report
        return report

    @property
    def chosen(self) -> Mapping[str, Any]:
        """The measures of the pipeline it was made by, on cases it was not trained on."""
        candidates = self.report.get("candidates", [])
        return next((c for c in candidates if c["name"] == self.report.get("chosen")), {})

    @property
    def candidates(self) -> list[dict[str, Any]]:
        """What it was chosen among, with the share of wrong answers."""
        return [{**one, "wrong": 1 - one["accuracy"]} for one in self.report.get("candidates", [])]

    @property
    def error(self) -> float | None:
        """Share of wrong answers if it answered every case."""
        return 1 - self.chosen["accuracy"] if "accuracy" in self.chosen else None

    @property
    def error_interval(self) -> tuple[float, float] | None:
        """Of that share, at 95 %."""
        return None if self.error is None else wilson_interval(self.error, self.report["n_rows"])

    @property
    def majority_error(self) -> float | None:
        """Share of wrong answers of the commonest label."""
        majority = self.report.get("baselines", {}).get("majority")
        return 1 - majority["accuracy"] if majority else None

    @property
    def aurc(self) -> float | None:
        """Mean error over all automation rates."""
        return self.chosen.get("aurc")

    @property
    def n_labels(self) -> int | None:
        """How many labels it learned from."""
        found: int | None = self.data.get("n_labels", self.report.get("n_rows"))
        return found

    @property
    def data(self) -> Mapping[str, Any]:
        """What it was trained on."""
        found: Mapping[str, Any] = self.report.get("data", {})
        return found

    @property
    def span_of_labels(self) -> tuple[datetime, datetime] | None:
        """When the first and the last of its labels were given."""
        first, last = self.data.get("first_at"), self.data.get("last_at")
        return (datetime.fromisoformat(first), datetime.fromisoformat(last)) if first and last else None

    @property
    def purposes(self) -> list[tuple[str, int]]:
        """Why people were asked for its labels."""
        words = dict(Purpose.choices)
        return [(str(words.get(name, name)), n) for name, n in self.data.get("purposes", {}).items()]

    @property
    def mix(self) -> list[tuple[str, int]]:
        """How often each label occurs, the commonest first."""
        return sorted(self.data.get("label_mix", {}).items(), key=lambda item: -item[1])

    @property
    def labels(self) -> list[tuple[str, Mapping[str, Any]]]:
        """For each label how many there were, how many were found, how many answers were right."""
        return list(self.report.get("labels", {}).items())

    @property
    def left_out(self) -> list[tuple[str, int]]:
        """Labels with too few examples to be learnt: the model never says them."""
        return list(self.report.get("left_out", {}).items())

    @property
    def slices(self) -> Mapping[str, Any]:
        """Where it errs most; empty for a release that was made before slices were."""
        found: Mapping[str, Any] = self.report.get("slices", {})
        return found if found.get("worst") else {}

    @property
    def method(self) -> str:
        """How its evidence is found, in words; empty for a release that was made before this was kept."""
        return _METHODS.get(self.report.get("explanations", {}).get("method", ""), "")

    @property
    def adds_up(self) -> str:
        """How closely its evidence adds up to the log-odds, in words."""
        found = self.report.get("explanations", {})
        n, n_exact = found.get("n_rows", 0), found.get("n_exact", found.get("n_rows", 0))
        if found.get("method") == "occlusion":
            return "not claimed: covering parts is an estimate"
        if n_exact == n:
            return f"within {found['additivity']:.1g} log-odds"
        left = f"{found['left_over']:.1g} log-odds"
        return f"in {n_exact:,} of {n:,} cases; up to {left} are left over in the others"

    @property
    def is_poorly_explained(self) -> bool:
        """Whether its evidence matters so little that all of it is called weak."""
        ratio = self.report.get("explanations", {}).get("ratio")
        return ratio is not None and ratio < MIN_RATIO

    @property
    def file_size(self) -> str:
        """Of the model's file."""
        return size(self.release.artifact_bytes)

    @cached_property
    def calibration(self) -> Plot | None:
        """Confidence against share right."""
        return calibration_plot(self.report)

    @cached_property
    def risk_coverage(self) -> Plot | None:
        """Error against automation rate."""
        return risk_coverage_plot(self.report)
