"""Why the model prefers one label to another for one case."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from science.explain.counterfactual import flips
from science.explain.deletion import word_flips
from science.explain.media import EVIDENCE
from science.explain.swap import field_scores
from science.explain.text import text_units, together
from science.explain.types import Explanation, Highlight, Unit, content_sha256
from science.serving.served_model import ServedModel
from science.serving.table import NAN

EXACT_WITHIN = 1e-9  # log-odds; beyond it, evidence that should add up is not shown
_MIN_SHARE = 0.01
_UNSURE = 0.95  # of the answer given; above it three words seldom turn an answer, and nobody asks
_WEAK_TOTAL = 0.1  # log-odds all evidence together must move to be worth a look
_WEAK_RATIO = 0.25  # of what the model says before it has read anything


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a model saw in one case: `units` in no order, and the log-odds (`margin`) they explain.

    `proba` are the probabilities of target and contrast, NaN when the case cannot be scored; `said` is the
    label that the model gives, `of_texts` (n_outputs,) what a linear model's texts add to its outputs.
    """

    target: str
    contrast: str
    units: tuple[Unit, ...]
    margin: float
    proba: tuple[float, float]
    method: dict[str, Any]
    said: str | None = None
    of_texts: np.ndarray | None = None

    @property
    def is_available(self) -> bool:
        """Whether the case could be scored at all."""
        return not math.isnan(self.margin)


def explain(
    served: ServedModel,
    row: Mapping[str, object],
    *,
    target: str | None = None,
    contrast: str | None = None,
    top: int = 6,
    model: str = "",
) -> Explanation:
    """The evidence in one case for `target` and against `contrast`.

    Parameters
    ----------
    target, contrast: labels of the served model; by default what the model says, and its runner-up.
    top: at most so many highlights, those for and those against taken together.
    model: the name of the model version, repeated in the explanation.

    Raises
    ------
    ValueError: a label the model does not know, or twice the same.

    Notes
    -----
    Works from the served model alone; the same case and model give the same bytes. A case that cannot be
    scored gets the status "unavailable" and no highlight.
    """
    evidence = evidence_in(served, row, target=target, contrast=contrast)
    found = as_explanation(evidence, row, top=top, model=model)
    if not evidence.is_available or evidence.said != evidence.target:
        return found
    proposals = word_flips(served, row, target=evidence.target) if evidence.proba[0] < _UNSURE else []
    if served.table.columns:
        proposals += flips(served, row, target=evidence.target, texts=evidence.of_texts)
    return replace(found, flips=tuple(proposals))


def evidence_in(
    served: ServedModel, row: Mapping[str, object], *, target: str | None = None, contrast: str | None = None
) -> Evidence:
    """All evidence in one case, before anything is ranked or left out."""
    raw = served.raw([row])
    outputs = served.outputs_of(raw)
    of_texts = None
    if served.is_linear and served.texts:
        of_texts = np.sum([block.outputs([row.get(block.name)])[0] for block in served.texts], axis=0)
        outputs = outputs + of_texts
    logits = served.as_logits(outputs)[0]
    c, r = _sides(served, logits, target, contrast)
    pair = (served.labels[c], served.labels[r])
    if np.isnan(logits).any():
        return Evidence(*pair, (), NAN, (NAN, NAN), {"name": "none", "exact": False})
    margin = float(logits[c] - logits[r])
    units, method = _units(served, row, raw[0], _direction(served, c, r), margin, pair)
    proba = served.proba_of(logits[None])[0]
    both = (float(proba[c]), float(proba[r]))
    said = served.labels[int(logits.argmax())]
    return Evidence(*pair, tuple(units), margin, both, method, said, of_texts)


def as_explanation(
    evidence: Evidence, row: Mapping[str, object], *, top: int, model: str = ""
) -> Explanation:
    """The strongest evidence, in the form that is stored and shown."""
    shown: tuple[Highlight, ...] = ()
    residual = 0.0
    status: Literal["ok", "weak", "unavailable"] = "unavailable"
    if evidence.is_available:
        shown, residual, status = _ranked(evidence.units, evidence.margin, top)
    p_target, p_contrast = (None if math.isnan(p) else p for p in evidence.proba)
    return Explanation(
        model, content_sha256(row), evidence.target, evidence.contrast, p_target, p_contrast,
        evidence.method, shown, residual, status,
    )  # fmt: skip


def _sides(
    served: ServedModel, logits: np.ndarray, target: str | None, contrast: str | None
) -> tuple[int, int]:
    for label in (target, contrast):
        if label is not None and label not in served.labels:
            raise ValueError(f"label {label!r}: the model knows {', '.join(served.labels)}")
    if target is not None and target == contrast:
        raise ValueError(f"target and contrast are both {target!r}: name two labels")
    order = [int(k) for k in np.argsort(-np.nan_to_num(logits), kind="stable")]
    rival = None if contrast is None else served.labels.index(contrast)
    c = served.labels.index(target) if target is not None else next(k for k in order if k != rival)
    return c, rival if rival is not None else next(k for k in order if k != c)


def _direction(served: ServedModel, c: int, r: int) -> np.ndarray:
    """What outputs (n_outputs,) must be multiplied with to give the log-odds of c against r."""
    if len(served.labels) == 2:
        return np.array([1.0 if c == 1 else -1.0])
    direction = np.zeros(len(served.labels))
    direction[c], direction[r] = 1.0, -1.0
    return direction


def _units(
    served: ServedModel,
    row: Mapping[str, object],
    raw: np.ndarray,
    direction: np.ndarray,
    margin: float,
    pair: tuple[str, str],
) -> tuple[list[Unit], dict[str, Any]]:
    """All evidence of a case, hidden fields left out, and how it was found."""
    table = [column.name for column in served.table.columns]
    texts = [block.name for block in served.texts]
    swapped = table if served.is_linear else [*table, *texts, *(block.name for block in served.media)]
    scores, base = field_scores(served, raw, swapped, direction)
    by_field = dict(zip(swapped, scores.tolist(), strict=True))
    units = [_field_unit(served, row, name, by_field[name], pair) for name in table]
    total = sum(by_field.values())
    for block in served.texts:
        words, uncovered = text_units(block, row.get(block.name), direction)
        if served.is_linear:
            total += sum(unit.score for unit in words) + uncovered
            units = together(units, words)
        else:
            units += _scaled(words, by_field[block.name])
    for media in served.media:
        units += _media_units(served, row, raw, media.name, direction)
    gap = abs(margin - base - total) if not (served.media and served.is_linear) else 0.0
    name = method_of(served)
    exact = (name == "linear-exact" or (name == "two-ended-swap" and not texts)) and gap <= EXACT_WITHIN
    if served.is_linear and gap > EXACT_WITHIN:  # never seen; evidence that does not add up is no evidence
        return [], {"name": "none", "exact": False, "gap": gap, "baseline": base}
    hidden = {field.name for field in served.fields if not field.show}
    kept = [unit for unit in units if _field_of(unit) not in hidden]
    return kept, {"name": name, "exact": exact, "gap": gap, "baseline": base}


def method_of(served: ServedModel) -> str:
    """How a model's evidence is found: `linear-exact`, `token-shares`, `two-ended-swap` or `occlusion`."""
    if served.media:
        return "occlusion"
    if not served.is_linear:
        return "two-ended-swap"
    return "linear-exact" if all(block.is_exact for block in served.texts) else "token-shares"


def _field_of(unit: Unit) -> str:
    where = unit.where
    return str(where.get("part") or where.get("path") or where.get("asset"))


def _field_unit(
    served: ServedModel, row: Mapping[str, object], name: str, score: float, pair: tuple[str, str]
) -> Unit:
    value = row.get(name)
    usual = {label: served.typical.get(name, {}).get(label) for label in pair}
    usual = {label: value for label, value in usual.items() if value is not None}
    said = "missing" if value is None or value == "" else _said(value)
    typical = ", ".join(f"{label}: {_said(value)}" for label, value in usual.items())
    label = f"{name} {said}" + (f" (typical {typical})" if typical else "")
    shown = value if isinstance(value, str | int | float | bool) or value is None else str(value)
    return Unit(score, {"path": name}, label, {"value": shown, "typical": usual})


def _said(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)[:80]


def _scaled(words: list[Unit], score: float) -> list[Unit]:
    """Under trees a text moves the log-odds as a whole; words share that as they made its score."""
    total = sum(abs(unit.score) for unit in words)
    factor = abs(score) / total if total else 0.0
    return [Unit(u.score * factor, u.where, u.label, u.why, u.also) for u in words]


def _media_units(
    served: ServedModel, row: Mapping[str, object], raw: np.ndarray, name: str, direction: np.ndarray
) -> list[Unit]:
    block = next(block for block in served.media if block.name == name)
    value = row.get(name)
    if value is None or value == b"":
        return []
    own = np.flatnonzero(np.array(served.raw_groups) == name)

    def margins(features: np.ndarray) -> np.ndarray:
        variants = np.tile(raw, (len(features), 1))
        variants[:, own] = features
        moved: np.ndarray = served.outputs_of(variants) @ direction
        return moved

    return EVIDENCE[block.how.places].units(name, block.read(value), margins)


def _ranked(
    units: Sequence[Unit], margin: float, top: int
) -> tuple[tuple[Highlight, ...], float, Literal["ok", "weak"]]:
    total = sum(abs(unit.score) for unit in units)
    order = sorted(range(len(units)), key=lambda i: (-abs(units[i].score), i))
    shown: list[Highlight] = []
    for i in order[: max(0, top)]:
        unit = units[i]
        share = abs(unit.score) / total if total else 0.0
        if share < _MIN_SHARE and shown:
            break
        why = {
            key: value.strongest() if hasattr(value, "strongest") else value
            for key, value in unit.why.items()
        }
        side: Literal["for", "against"] = "for" if unit.score > 0 else "against"
        label = f"region {len(shown) + 1}" if "x" in unit.where else unit.label
        shown.append(Highlight(unit.where, unit.score, share, side, label, why, unit.also))
    residual = margin - sum(h.score for h in shown)
    unread = abs(margin - sum(unit.score for unit in units))
    weak = total < max(_WEAK_TOTAL, _WEAK_RATIO * unread)
    return tuple(shown), residual, "weak" if weak else "ok"
