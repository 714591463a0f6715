"""What a stage is made of: facts, and criteria that are met, open, or not known yet."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is so; `href` leads to where it is shown in full."""

    name: str
    value: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """What was wanted of a figure, what was estimated, and what it became; "–" where nothing is known."""

    name: str
    wanted: str
    estimated: str
    now: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """What a stage must reach.

    Attributes:
        is_met: computed from data; None while nobody can know.
        why: what the data say.
        step: what to do about it, in the words of a button; `href` is where.
    """

    words: str
    is_met: bool | None
    why: str
    step: str
    href: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage with its facts and criteria."""

    key: str
    name: str
    about: str
    criteria: list[Criterion]
    facts: list[Fact] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)

    @property
    def met(self) -> int:
        """How many criteria are met."""
        return sum(one.is_met is True for one in self.criteria)

    @property
    def is_reached(self) -> bool:
        """Whether all are."""
        return self.met == len(self.criteria)

    @property
    def next(self) -> Criterion | None:
        """The first criterion that is not met."""
        return next((one for one in self.criteria if not one.is_met), None)
