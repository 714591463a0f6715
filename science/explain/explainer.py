"""Find the explainer of a model, or say why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from science.explain.explain import explain, method_of
from science.explain.selfcheck import self_check
from science.explain.types import Explanation
from science.serving.served_model import Linear, ServedModel
from science.serving.trees import Trees


class Explainer(Protocol):
    """Explains cases of one model; pure, deterministic, and safe to share between threads."""

    @property
    def method(self) -> str:
        """How: as `science.explain.explain.method_of`."""
        ...

    def explain(
        self,
        row: Mapping[str, object],
        *,
        target: str | None = None,
        contrast: str | None = None,
        top: int = 6,
        model: str = "",
    ) -> Explanation:
        """The evidence in one case."""
        ...

    def self_check(self, rows: Sequence[Mapping[str, object]], rng: np.random.Generator) -> dict[str, Any]:
        """Additivity, places, and comprehensiveness against chance on some cases."""
        ...


@dataclass(frozen=True, slots=True)
class Unsupported:
    """No explanation can be given of such a model; `reason` is a sentence for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class PlanExplainer:
    """Explains the models that this package trains."""

    served: ServedModel

    @property
    def method(self) -> str:
        """How its evidence is found."""
        return method_of(self.served)

    def explain(
        self,
        row: Mapping[str, object],
        *,
        target: str | None = None,
        contrast: str | None = None,
        top: int = 6,
        model: str = "",
    ) -> Explanation:
        """As `science.explain.explain`."""
        return explain(self.served, row, target=target, contrast=contrast, top=top, model=model)

    def self_check(self, rows: Sequence[Mapping[str, object]], rng: np.random.Generator) -> dict[str, Any]:
        """As `science.explain.self_check`."""
        return self_check(self.served, rows, rng)


def explainer_for(model: object) -> Explainer | Unsupported:
    """The explainer of a model, or why there is none.

    Everything else than a served model is refused, also a scikit-learn pipeline that one was made from: its
    features, calibration and labels cannot be known to be those that decide.

    >>> explainer_for("a pipeline").reason
    'A str is no model of ours: train it here, or show its cases without marks.'
    """
    if not isinstance(model, ServedModel):
        return Unsupported(
            f"A {type(model).__name__} is no model of ours: train it here, or show its cases without marks."
        )
    head: object = model.head  # a served model that was not made by the pipelines may hold anything
    if not isinstance(head, Linear | Trees):
        return Unsupported(f"Nothing here explains a {type(head).__name__}.")
    if not len(model.background) or not np.isfinite(np.nan_to_num(model.background)).all():
        return Unsupported("The model keeps no cases to compare with: train it again.")
    return PlanExplainer(model)
