"""The training set of a run: the current labels by people, their cases, and a hash of them all."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from cases.content import checker_for
from cases.models import Case, Label, SchemaVersion, Workflow
from cases.selectors import schema_in_force
from cases.types import CaseStatus, Purpose
from models_store.selectors import current_labels
from models_store.source_answers import with_said
from science.fields import Schema
from science.serving.source import said_by

MAX_LABELS = 50_000  # the newest; more would not fit a worker's memory with text in them
MAX_WEIGHT = 3.0  # of an audited case in training; it stands for many, and must not drown the others
HELD_OUT_SHARE = 0.1
MAX_HELD_OUT = 2_000
MIN_HELD_OUT = 200  # below, they would say less of the model than they would teach it

_LISTS = ("label_ids", "contents", "labels", "purposes", "received")
_ARRAYS = ("is_blind", "chance", "is_random", "groups")


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Cases that people were asked about blind without a label: disputes, and answers that are lost."""

    case_ids: list[UUID]
    contents: list[Mapping[str, Any]]
    groups: list[int]
    received: list[datetime]

    def since(self, at: datetime) -> "Unsettled":
        """Return those that came in from `at` on."""
        kept = [i for i, received in enumerate(self.received) if received >= at]
        return Unsettled(
            [self.case_ids[i] for i in kept],
            [self.contents[i] for i in kept],
            [self.groups[i] for i in kept],
            [self.received[i] for i in kept],
        )


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Labelled cases in the order of their labels' ids, and the schema they fit.

    Attributes:
        schema_sha256: hash of the schema.
        chance: of each label, the probability that it was collected where that was drawn (audits), else 1.
        is_random: drawn at random and answered blind, or imported and attested to be so: such labels may be
            held out to judge the model.
        groups: equal in cases that belong together, shape (n_labels,).
        received: when each label's case came in.
        unsettled: teach nothing, and count against the model.
        sha256: over ids, labels and contents: the same data has the same name.
        n_left_out: current labels that do not fit the present schema, or whose case was withdrawn.
        n_older: labels from before the window that teaches.
        n_unscored: labels whose cases came without a usable score of the model elsewhere that is calibrated.
    """

    schema: Schema
    schema_version: int
    schema_sha256: str
    label_ids: list[UUID]
    contents: list[Mapping[str, Any]]
    labels: list[str]
    purposes: list[str]
    is_blind: np.ndarray
    chance: np.ndarray
    is_random: np.ndarray
    groups: np.ndarray
    received: list[datetime]
    unsettled: Unsettled
    first_at: str
    last_at: str
    sha256: str
    n_left_out: int
    n_older: int = 0
    n_unscored: int = 0

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def seed(self) -> int:
        """All randomness of a run, in 32 bits: a function of its data, so that it gives the same model."""
        return int(self.sha256[:8], 16)

    @property
    def weights(self) -> np.ndarray:
        """How much each label counts in training, shape (n_labels,)."""
        return np.minimum(1 / self.chance, MAX_WEIGHT)

    def scored_by(self, source: str) -> "TrainingSet":
        """Return the labels whose cases came with a usable score of this source, named by its hash."""
        heard = self.hearing(source)
        kept = [i for i, one in enumerate(said_by(source, self.contents)) if one.proba is not None]
        return replace(heard, n_unscored=len(self) - len(kept), **self._at(kept))

    def hearing(self, source: str) -> "TrainingSet":
        """Return all of it, named also by what this source said of the cases."""
        hasher = hashlib.sha256(f"{self.sha256} said by {source}".encode())
        for place, one in enumerate(said_by(source, self.contents)):
            if one.proba is not None:
                hasher.update(place.to_bytes(8) + np.array(one.proba, dtype=np.float64).tobytes())
        return replace(self, sha256=hasher.hexdigest())

    def _at(self, places: Sequence[int]) -> dict[str, Any]:
        """Return what belongs to the labels at these places."""
        lists = {name: [getattr(self, name)[i] for i in places] for name in _LISTS}
        return lists | {name: getattr(self, name)[list(places)] for name in _ARRAYS}

    def from_place(self, start: int) -> "TrainingSet":
        """Return it without the labels before a place, and what was unsettled before their cases came in."""
        if start == 0:
            return self
        begin = min(self.received[start:])
        return replace(
            self,
            **{name: getattr(self, name)[start:] for name in (*_LISTS, *_ARRAYS)},
            unsettled=self.unsettled.since(begin),
            first_at=begin.isoformat(),
            sha256=hashlib.sha256(f"{self.sha256} from {start}".encode()).hexdigest(),
            n_older=start,
        )

    def take(self, places: np.ndarray) -> tuple[list[Mapping[str, Any]], list[str]]:
        """Return contents and labels at these places."""
        return [self.contents[i] for i in places], [self.labels[i] for i in places]


def take_snapshot(workflow: Workflow, *, unsettled: Collection[UUID] = ()) -> TrainingSet:
    """Read the labels that fit the workflow's present schema; people's only, never the model's own decisions.

    `unsettled` are cases whose answers are not labels; those that fit the schema are taken along. Cases with
    a known answer are left out: they test reviewers, and a model that learned them would not be tested.
    """
    version = schema_in_force(workflow)
    kept: list[Label] = []
    seen = 0
    newest = (
        current_labels(workflow.id)
        .exclude(purpose=Purpose.KNOWN_ANSWER)
        .select_related("case")
        .order_by("-id")
    )
    fits = _fitting(version)
    for label in newest[:MAX_LABELS].iterator(chunk_size=2000):
        seen += 1
        if fits(label):
            kept.append(label)
    kept.reverse()
    times = [label.at for label in kept]
    is_audit = [label.purpose == Purpose.AUDIT for label in kept]
    chance = [
        (label.inclusion_probability or 1.0) if audit else 1.0
        for label, audit in zip(kept, is_audit, strict=True)
    ]
    return TrainingSet(
        schema=version.schema,
        schema_version=version.number,
        schema_sha256=version.schema_sha256,
        label_ids=[label.id for label in kept],
        contents=with_said(
            [label.case_id for label in kept], [label.case.content for label in kept], workflow.id
        ),
        labels=[label.label for label in kept],
        purposes=[label.purpose for label in kept],
        is_blind=np.array([label.is_blind for label in kept], dtype=bool),
        chance=np.array(chance, dtype=np.float64),
        is_random=np.array([_is_random(label) for label in kept], dtype=bool),
        groups=np.array([label.case.group for label in kept], dtype=np.int64),
        unsettled=_unsettled(version, unsettled),
        received=[label.case.received_at for label in kept],
        first_at=min(times).isoformat() if times else "",
        last_at=max(times).isoformat() if times else "",
        sha256=_digest(kept),
        n_left_out=seen - len(kept),
    )


def _fitting(version: SchemaVersion) -> Callable[[Label], bool]:
    """Return the question whether a label and its case's content fit the present schema."""
    known = set(version.label_names)
    is_readable = _readable(version)

    def fits(label: Label) -> bool:
        if label.label not in known or label.case.status == CaseStatus.WITHDRAWN:
            return False
        return is_readable(label.case)

    return fits


def _readable(version: SchemaVersion) -> Callable[[Case], bool]:
    """Return the question whether a case's content fits the present schema."""
    same = SchemaVersion.objects.filter(workflow_id=version.workflow_id, schema_sha256=version.schema_sha256)
    alike = set(same.values_list("number", flat=True))
    checker = checker_for(version.schema)
    return lambda case: case.schema_version in alike or checker.check(case.content)[0] is not None


def _unsettled(version: SchemaVersion, case_ids: Collection[UUID]) -> Unsettled:
    is_readable = _readable(version)
    cases = [case for case in Case.objects.filter(pk__in=case_ids).order_by("id") if is_readable(case)]
    return Unsettled(
        [case.id for case in cases],
        with_said([case.id for case in cases], [case.content for case in cases], version.workflow_id),
        [case.group for case in cases],
        [case.received_at for case in cases],
    )


def _is_random(label: Label) -> bool:
    """An imported label has a chance of its own only where the operator attests that it was drawn blind."""
    return label.is_blind and label.inclusion_probability is not None


def _digest(labels: Iterable[Label]) -> str:
    hasher = hashlib.sha256()
    for label in labels:
        hasher.update(label.id.bytes + label.case_id.bytes + bytes(label.case.content_sha256))
        hasher.update(label.case.group.to_bytes(8, signed=True))
        hasher.update(label.label.encode() + b"\0" + label.purpose.encode() + b"\0")
    return hasher.hexdigest()


def split(snapshot: TrainingSet) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of labels to train on and of those held out to judge the model, both in order.

    A tenth of the groups is held out, at most two thousand labels, and whatever else belongs to these groups
    teaches nothing either. Each group is drawn by its own hash, so that it is held out again next time and
    champion and challenger can both be judged by it. Of the labels in it only random blind ones judge. None
    is held out where there would be fewer than two hundred. What they say is a belief, not a proof: neither
    they nor the labels judged out of fold were drawn after the model was made.
    """
    keys, group, size = np.unique(
        snapshot.groups[snapshot.is_random], return_inverse=True, return_counts=True
    )
    draws = np.array([_draw(int(key)) for key in keys])
    order = np.argsort(draws, kind="stable")
    is_drawn = np.zeros(len(keys), dtype=bool)
    is_drawn[order] = (draws[order] < HELD_OUT_SHARE) & (size[order].cumsum() <= MAX_HELD_OUT)
    judge = np.flatnonzero(snapshot.is_random)[is_drawn[group]]
    if len(judge) < MIN_HELD_OUT:
        return np.arange(len(snapshot)), judge[:0]
    return np.flatnonzero(~np.isin(snapshot.groups, keys[is_drawn])), judge


def _draw(group: int) -> float:
    digest = hashlib.sha256(b"judge|" + group.to_bytes(8, signed=True)).digest()
    return int.from_bytes(digest[:8]) / 2**64


def facts(snapshot: TrainingSet) -> dict[str, Any]:
    """Return what the model card says about the data."""
    return {
        "n_labels": len(snapshot),
        "n_left_out": snapshot.n_left_out,
        "n_older": snapshot.n_older,
        "n_unscored": snapshot.n_unscored,
        "n_blind": int(snapshot.is_blind.sum()),
        "first_at": snapshot.first_at,
        "last_at": snapshot.last_at,
        "label_mix": dict(sorted(Counter(snapshot.labels).items())),
        "purposes": dict(sorted(Counter(snapshot.purposes).items())),
        "sha256": snapshot.sha256,
    }
