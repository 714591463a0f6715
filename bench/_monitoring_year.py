"""A workflow of twenty fields whose days are counted as the job counts them, and faults put into them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from cases.models import Workflow
from cases.services.kept_files import store_file
from hitl.demo.drift.changes import DIM
from hitl.demo.phones import draw_screen
from hitl.demo.speech import LINES, draw_call
from hitl.flow.setup.create import set_up_workflow
from hitl.shared.actor import system
from monitoring.counts.binning import files_of, rebin
from monitoring.counts.fold import add_counts
from monitoring.counts.hours import BLIND, BLIND_ANSWER, KNOWN, KNOWN_ANSWER
from monitoring.counts.outputs import NULL, ROUTE, ROUTES, SCORE, SCORES, YES_NO
from monitoring.drift.check import check
from monitoring.models import Alarm, Binning, CountCursor
from monitoring.types import CountFamily, MetricKey
from science.drift.counting import Bins

FIRST = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
HISTORY = 31  # days that are counted before the first check
CASES = 300  # a day; half of it at weekends
FILES = 120  # photos and calls that days are drawn from, of each kind, usual and changed
NUMBERS = [f"number {i}" for i in range(7)]
CATEGORIES = [f"category {i}" for i in range(5)]
YES_NOS, TEXTS, DATES = ["yes or no 0", "yes or no 1"], ["text 0", "text 1"], ["date 0", "date 1"]
FIELDS: list[dict[str, Any]] = [
    {"name": name, "kind": kind, "required": False}
    for kind, names in (
        ("number", NUMBERS),
        ("category", CATEGORIES),
        ("boolean", YES_NOS),
        ("text", TEXTS),
        ("date", DATES),
        ("image", ["photo"]),
        ("audio", ["call"]),
    )
    for name in names
]
LABELS = [{"name": name, "hotkey": str(i + 1), "cost": 1.0, "meaning": ""} for i, name in enumerate("ab")]
WORDS = np.array([f"word{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(600)])
SHARES = np.arange(1, 601, dtype=np.float64) ** -1.1
SHARES /= SHARES.sum()
ACTOR = system("bench")

Content = dict[str, Any]


@dataclass
class Odd:
    """What is put into a day: nothing, by default."""

    shift: float = 0.0  # of "number 0", in standard deviations
    mix: float = 0.0  # share of "category 0" that turns to its rarest value
    unseen: float = 0.0  # share of "category 1" never seen before
    missing: float = 0.0  # share of "number 1" that is gone
    as_text: float = 0.0  # share of "number 2" that comes as text: another schema upstream
    new_words: float = 0.0  # share of the words of "text 0" never seen before
    short: float = 0.0  # by how much "text 1" is shorter
    scores: float = 0.0  # by how much scores fall
    unscored: float = 0.0  # share of the cases without a usable answer
    automatic: float = 0.7
    disagree: float = 0.05  # of blind answers
    known_missed: float = 0.05  # of known answers
    dim: float = 0.0  # share of the photos that are half as bright
    young: float = 0.0  # share of the calls whose voices are higher


@dataclass
class YearWorld:
    """One workflow and its days."""

    seed: int
    workflow: Workflow = field(init=False)
    binning: Binning = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.workflow = set_up_workflow(
            slug=f"year-{self.seed}", name="A year", fields=FIELDS, labels=LABELS, actor=ACTOR, now=FIRST
        )
        if not _stored:
            _stored.update(_media(self.workflow))
        self.media = _stored  # files are named by their content: those of the first world are those of all
        some = [one for day in range(-40, 0) for one in self.contents(100, Odd(), day)]
        self.binning = rebin(self.workflow, some, reason="of the benchmark", now=FIRST)

    @cached_property
    def bins(self) -> Bins:
        """The cells of all fields."""
        return Bins.from_json(self.binning.bins)

    def contents(self, n: int, odd: Odd, day: int) -> list[Content]:
        """Cases of a day: two numbers and a category know weekends, three others vary from day to day."""
        rng, weekend = self.rng, day % 7 > 4
        columns: dict[str, Any] = {}
        for i, name in enumerate(NUMBERS):
            moved = 0.4 * weekend * (i in (3, 4)) + rng.normal() * 0.08 * (i in (5, 6)) + odd.shift * (i == 0)
            columns[name] = np.round(rng.lognormal(3 + 0.6 * moved, 0.6, n), 2).tolist()
        for i, name in enumerate(CATEGORIES):
            shares = np.array([0.45, 0.25, 0.15, 0.1, 0.05])
            if i == 2:
                shares = rng.dirichlet(shares * 150)
            if i == 3 and weekend:
                shares = shares[::-1]
            columns[name] = [f"value {k}" for k in rng.choice(5, n, p=shares)]
        for name in YES_NOS:
            columns[name] = (rng.random(n) < 0.3).tolist()
        for i, name in enumerate(TEXTS):
            lengths = rng.poisson(12 * (1 - odd.short * (i == 1)), n) + 1
            columns[name] = [" ".join(rng.choice(WORDS, size, p=SHARES)) for size in lengths]
        for name in DATES:
            columns[name] = [f"{FIRST + (day - int(age)) * DAY:%Y-%m-%d}" for age in rng.integers(0, 40, n)]
        for name, share in (("photo", odd.dim), ("call", odd.young)):
            usual, changed = self.media[name]
            hit = rng.random(n) < share
            columns[name] = [
                {"asset": str((changed if is_hit else usual)[place])}
                for is_hit, place in zip(hit, rng.integers(0, len(usual), n), strict=True)
            ]
        self._spoil(columns, odd, n)
        return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]

    def _spoil(self, columns: dict[str, Any], odd: Odd, n: int) -> None:
        def some(name: str, share: float, make: Callable[[Any], Any]) -> None:
            if share:
                hit = self.rng.random(n) < share
                columns[name] = [make(v) if h else v for v, h in zip(columns[name], hit, strict=True)]

        some("category 0", odd.mix, lambda _: "value 4")
        some("category 1", odd.unseen, lambda _: "value 9")
        some("number 1", odd.missing, lambda _: None)
        some("number 2", odd.as_text, lambda value: f"{value} EUR")
        if odd.new_words:
            columns["text 0"] = [
                " ".join("zzz" if self.rng.random() < odd.new_words else word for word in text.split())
                for text in columns["text 0"]
            ]

    def count(self, day: int, odd: Odd) -> None:
        """Count a day, as the job would."""
        at, rng = FIRST + day * DAY + timedelta(hours=12), self.rng
        n = CASES // 2 if day % 7 > 4 else CASES
        schema = self.workflow.schemas.get(number=1).schema
        counts: dict[Any, np.ndarray] = {
            (at, CountFamily.INPUT.value, *key, None, self.binning.pk): counted
            for key, counted in self._counted(schema, n, odd, day).items()
        }
        is_scored = rng.random(n) >= odd.unscored
        scores = rng.beta(6, 1.5 + 3 * odd.scores, n)
        outputs = {
            SCORE: SCORES.count([float(s) if ok else None for s, ok in zip(scores, is_scored, strict=True)]),
            NULL: YES_NO.count("no" if ok else "yes" for ok in is_scored),
            ROUTE: ROUTES.count("auto" if u < odd.automatic else "human" for u in rng.random(n)),
        }
        people = {
            BLIND_ANSWER: BLIND.count(
                "otherwise" if u < odd.disagree else "as the model" for u in rng.random(80)
            ),
            KNOWN_ANSWER: KNOWN.count("wrong" if u < odd.known_missed else "right" for u in rng.random(60)),
        }
        for family, some in ((CountFamily.OUTPUT, outputs), (CountFamily.PEOPLE, people)):
            for measure, counted in some.items():
                counts[at, family.value, "", measure, None, None] = counted
        add_counts(self.workflow.pk, counts)

    def _counted(self, schema: Any, n: int, odd: Odd, day: int) -> dict[Any, np.ndarray]:
        contents = self.contents(n, odd, day)
        return self.bins.count(schema, contents, self._files)

    @cached_property
    def _files(self) -> Any:
        names = [
            {name: {"asset": one} for name, one in (("photo", p), ("call", c))}
            for p, c in zip(
                [*self.media["photo"][0], *self.media["photo"][1]],
                [*self.media["call"][0], *self.media["call"][1]],
                strict=True,
            )
        ]
        return files_of(names, self.workflow.schemas.get(number=1).schema)

    def live(self, day: int, odd: Odd) -> None:
        """Count a day and check it after its end."""
        self.count(day, odd)
        now = FIRST + (day + 1) * DAY + timedelta(hours=1)
        CountCursor.objects.update_or_create(workflow=self.workflow, defaults={"read_at": now})
        check(self.workflow.pk, now=now)

    def raised(self) -> list[tuple[MetricKey, str, datetime]]:
        """Return all alarms there were: metric, reference and when."""
        rows = Alarm.objects.filter(workflow=self.workflow).order_by("raised_at")
        return [(MetricKey(row.family, row.field, row.measure), row.reference, row.raised_at) for row in rows]


_stored: dict[str, tuple[list[str], list[str]]] = {}


def _media(workflow: Workflow) -> dict[str, tuple[list[str], list[str]]]:
    """Names of photos and of calls, usual and changed: drawn, stored and measured as intake does."""
    rng = np.random.default_rng(7)
    drawn: dict[str, Callable[[bool], bytes]] = {
        "photo": lambda changed: draw_screen(rng, **({"shift": DIM} if changed else {})).jpeg,
        "call": lambda changed: draw_call(rng, shift=LINES["younger" if changed else "usual"]).wav,
    }
    return {
        name: tuple(  # type: ignore[misc]  # two of them
            [store_file(draw(changed), workflow_id=workflow.pk, now=FIRST).sha256 for _ in range(FILES)]
            for changed in (False, True)
        )
        for name, draw in drawn.items()
    }


@dataclass(frozen=True)
class Fault:
    """A fault, the metric that should say so, and within how many days.

    Attributes:
        odd: what is put into the n-th day of it, counted from 0.
    """

    name: str
    key: MetricKey
    within: int
    odd: Callable[[int], Odd]


def _input(name: str, measure: str = "value") -> MetricKey:
    return MetricKey(CountFamily.INPUT.value, name, measure)


def _output(measure: str) -> MetricKey:
    return MetricKey(CountFamily.OUTPUT.value, "", measure)


FAULTS = (
    Fault("a number jumps by half a deviation", _input("number 0"), 3, lambda _: Odd(shift=0.5)),
    Fault("a number moves by .03 deviations a day", _input("number 0"), 21, lambda d: Odd(shift=0.03 * d)),
    Fault("a fifth of a category turns to another value", _input("category 0"), 3, lambda _: Odd(mix=0.2)),
    Fault("the same, by 1 % more each day", _input("category 0"), 21, lambda d: Odd(mix=0.01 * d)),
    Fault("a value never seen before, 10 %", _input("category 1"), 3, lambda _: Odd(unseen=0.1)),
    Fault("a number is missing in 15 %", _input("number 1"), 3, lambda _: Odd(missing=0.15)),
    Fault("a number comes as text in 15 %", _input("number 2"), 3, lambda _: Odd(as_text=0.15)),
    Fault("a tenth of the words is new", _input("text 0", "unknown"), 3, lambda _: Odd(new_words=0.1)),
    Fault("texts are a third shorter", _input("text 1", "words"), 3, lambda _: Odd(short=0.33)),
    Fault(
        "the same, by .5 % more each day", _input("text 0", "unknown"), 21, lambda d: Odd(new_words=0.005 * d)
    ),
    Fault("half of the light is gone", _input("photo", "brightness"), 3, lambda _: Odd(dim=1.0)),
    Fault(
        "the same of 3 % more photos each day", _input("photo", "brightness"), 14, lambda d: Odd(dim=0.03 * d)
    ),
    Fault("voices are higher", _input("call", "pitch"), 3, lambda _: Odd(young=1.0)),
    Fault("the same of 3 % more calls each day", _input("call", "pitch"), 14, lambda d: Odd(young=0.03 * d)),
    Fault("scores fall", _output(SCORE), 3, lambda _: Odd(scores=0.4)),
    Fault("10 % have no usable answer", _output(NULL), 3, lambda _: Odd(unscored=0.1)),
    Fault("half as much is automated", _output(ROUTE), 3, lambda _: Odd(automatic=0.35)),
    Fault(
        "blind answers differ in 30 %, not 5",
        MetricKey(CountFamily.PEOPLE.value, "", BLIND_ANSWER),
        3,
        lambda _: Odd(disagree=0.3),
    ),
    Fault(
        "known answers are missed in 30 %, not 5",
        MetricKey(CountFamily.PEOPLE.value, "", KNOWN_ANSWER),
        3,
        lambda _: Odd(known_missed=0.3),
    ),
)
