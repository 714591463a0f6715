"""Where the scores of a release come from: a model of this service, or one elsewhere whose scores are sent.

Both answer the same questions, so that everything behind them (cutoffs, certificates, trials, audits) knows
no difference. What a model elsewhere says is never taken as a probability: a calibrator fitted on people's
labels turns it into one (ADR 0072).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from science.decision_terms import Reason
from science.fields import Schema
from science.serving.served_model import softmax

SUM_TOLERANCE = 0.01  # probabilities are sent rounded
NOISE = 1e-6  # below zero, of probabilities computed in 32 bits
FLOOR = 1e-12  # a probability of nothing still has a logarithm
_HUGE = 1e9
MAX_LABELS = 1_000  # that one case may be scored for

Row = Mapping[str, Any]


class ScoreSource(Protocol):
    """What scores the cases of a release."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The order of the columns."""
        ...

    @property
    def schema_sha256(self) -> str:
        """Of the fields and labels that it is for."""
        ...

    @property
    def is_partial(self) -> bool:
        """Whether rows of probabilities may add up to less than 1, for labels that it was not taught."""
        ...

    def predict_proba(self, rows: Sequence[Row]) -> np.ndarray:
        """Probabilities (n_rows, n_labels) in float64; a row that cannot be scored is all NaN."""
        ...

    def unusable(self, rows: Sequence[Row]) -> list[Reason | None]:
        """For each row why its score may not be used, None where it may."""
        ...

    def scored(self, rows: Sequence[Row]) -> tuple[np.ndarray, list[Reason | None]]:
        """Both, reading each row once."""
        ...


@dataclass(frozen=True, slots=True)
class SourceAnswer:
    """What a source said of one case, in the order of its labels; or why that is no score."""

    proba: tuple[float, ...] | None
    unusable: Reason | None = None


class ScoredRow(Row):
    """A case with what sources said of it: `said` by the hash of each source.

    `stray` is why what was sent beside it belongs to no source.
    """

    __slots__ = ("_content", "said", "stray")

    def __init__(self, content: Row, said: Mapping[str, SourceAnswer], stray: Reason | None = None) -> None:
        self._content, self.said, self.stray = content, said, stray

    def __getitem__(self, name: str) -> Any:
        return self._content[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)


def read_source_answer(sent: object, label_map: Mapping[str, str], labels: Sequence[str]) -> SourceAnswer:
    """Check what was sent and put it into the workflow's labels; several labels of the source may be one.

    Parameters
    ----------
    sent: ``{label of the source: probability}``, as it came. label_map: the workflow's label for each label
        of the source. labels: the workflow's labels, in the order of the result.

    >>> read_source_answer({"junk": 0.7, "fraud": 0.2, "fine": 0.1},
    ...           {"junk": "spam", "fraud": "spam", "fine": "ham"}, ["ham", "spam"]).proba
    (0.1, 0.9)
    >>> read_source_answer({"junk": 1.0}, {"junk": "spam", "fine": "ham"}, ["ham", "spam"]).unusable.value
    'scores_lack_label'
    """
    if not isinstance(sent, Mapping) or len(sent) > MAX_LABELS:
        return SourceAnswer(None, Reason.SCORES_MALFORMED)
    if not sent.keys() >= label_map.keys():
        return SourceAnswer(None, Reason.SCORES_LACK_LABEL)
    if len(sent) > len(label_map):
        return SourceAnswer(None, Reason.SCORES_EXTRA_LABEL)
    values = list(sent.values())
    if not all(_is_number(value) for value in values):
        return SourceAnswer(None, Reason.SCORES_NO_NUMBERS)
    if min(values) < -NOISE:
        return SourceAnswer(None, Reason.SCORES_NEGATIVE)
    total = sum(max(0.0, value) for value in values)
    if not abs(total - 1) <= SUM_TOLERANCE:
        return SourceAnswer(None, Reason.SCORES_SUM)
    shares = dict.fromkeys(labels, 0.0)
    for label, value in sent.items():
        shares[label_map[label]] += max(0.0, value)
    return SourceAnswer(tuple(round(shares[label] / total, 15) for label in labels))


def _is_number(value: object) -> bool:
    """Neither NaN nor infinite, and no whole number that no float can hold."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -_HUGE < value < _HUGE


@dataclass(frozen=True, slots=True)
class SourceModel:
    """A model elsewhere with the calibrator that was fitted to it here.

    Attributes:
        labels: the workflow's labels that the source can say, in order.
        source: hash of door, model, version, prompt and label map.
        about: these, for people.
        temperature, bias: of the calibrator, as in `science.calibration.Calibration`.
    """

    labels: tuple[str, ...]
    schema: Schema
    schema_sha256: str
    source: str
    about: Mapping[str, Any]
    temperature: float
    bias: np.ndarray

    @property
    def is_partial(self) -> bool:
        """Never: a source says of all its labels together that one is right."""
        return False

    def predict_proba(self, rows: Sequence[Row]) -> np.ndarray:
        """Calibrated probabilities (n_rows, n_labels); NaN where the source said nothing of use."""
        outputs = self.temperature * outputs_of(self.said_of(rows), len(self.labels)) + self.bias
        if outputs.shape[1] == 1:
            outputs = np.concatenate([outputs * -0.5, outputs * 0.5], axis=1)
        return softmax(outputs)

    def unusable(self, rows: Sequence[Row]) -> list[Reason | None]:
        """For each row why there is no score of this source."""
        return [said.unusable for said in self.said_of(rows)]

    def scored(self, rows: Sequence[Row]) -> tuple[np.ndarray, list[Reason | None]]:
        """Both of the above."""
        return self.predict_proba(rows), self.unusable(rows)

    def said_of(self, rows: Sequence[Row]) -> list[SourceAnswer]:
        """What the source said of each row."""
        return said_by(self.source, rows)


def said_by(source: str, rows: Sequence[Row]) -> list[SourceAnswer]:
    """What a source said of each row; where it said nothing, why."""
    found = []
    for row in rows:
        said = getattr(row, "said", {}).get(source)
        stray = getattr(row, "stray", None)
        found.append(said or SourceAnswer(None, stray or Reason.SOURCE_SILENT))
    return found


def outputs_of(said: Sequence[SourceAnswer], n_labels: int) -> np.ndarray:
    """Outputs (n_rows, n_outputs) to calibrate: log-odds of the second of two labels, else centred logs.

    NaN in rows without a score.
    """
    blank = (np.nan,) * n_labels
    proba = np.array([one.proba or blank for one in said], dtype=np.float64).reshape(len(said), n_labels)
    logs = np.log(np.maximum(proba, FLOOR))
    if n_labels == 2:
        return logs[:, 1:] - logs[:, :1]
    centred: np.ndarray = logs - logs.mean(axis=1, keepdims=True)
    return centred
