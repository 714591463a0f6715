"""Whether the marked evidence matters to the model: measured for every model and stored with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from science.explain.explain import as_explanation, evidence_in, method_of
from science.explain.media import EVIDENCE
from science.explain.types import Explanation, Locator, verify
from science.serving.served_model import ServedModel

_REMOVED = 3


def self_check(
    served: ServedModel, rows: Sequence[Mapping[str, object]], rng: np.random.Generator
) -> dict[str, Any]:
    """Explain some rows and take the evidence away.

    Returns
    -------
    method: how the evidence is found (`science.explain.explain.method_of`); n_rows; n_highlights, each
    verified to lie in its case; n_exact: rows whose evidence adds up exactly; additivity: the largest gap
    of those, and left_over: of all (log-odds); weak: share with the status "weak"; comprehensiveness: mean
    log-odds lost when the three strongest highlights for the answer are removed, and the same for as many
    places drawn at random (DeYoung et al., ACL 2020); ratio of the two, None where nothing could be removed.

    Raises
    ------
    NotInContent: a highlight points outside its case: such a model must not be registered.
    """
    gaps: list[tuple[bool, float]] = []
    losses, random_losses, weak, n_highlights = [], [], 0, 0
    for row in rows:
        evidence = evidence_in(served, row)
        explanation = as_explanation(evidence, row, top=2 * _REMOVED)
        verify(explanation, row)
        n_highlights += len(explanation.highlights)
        weak += explanation.status == "weak"
        gaps.append((bool(evidence.method["exact"]), float(evidence.method.get("gap", 0.0))))
        places = [[h.where, *h.also] for h in explanation.highlights if h.side == "for"][:_REMOVED]
        if not places:
            continue
        others = rng.permutation(len(evidence.units))[: len(places)]
        chance = [[evidence.units[i].where, *evidence.units[i].also] for i in others]
        losses.append(evidence.margin - _margin_without(served, row, places, explanation))
        random_losses.append(evidence.margin - _margin_without(served, row, chance, explanation))
    by_evidence = float(np.mean(losses)) if losses else None
    by_chance = float(np.mean(random_losses)) if losses else None
    ratio = by_evidence / abs(by_chance) if by_evidence is not None and by_chance else None
    return {
        "method": method_of(served),
        "n_rows": len(rows),
        "n_highlights": n_highlights,
        "n_exact": sum(is_exact for is_exact, _ in gaps),
        "additivity": max((gap for is_exact, gap in gaps if is_exact), default=0.0),
        "left_over": max((gap for _, gap in gaps), default=0.0),
        "weak": weak / len(rows) if len(rows) else 0.0,
        "comprehensiveness": by_evidence,
        "comprehensiveness_at_random": by_chance,
        "ratio": ratio,
    }


def _margin(
    served: ServedModel, raw: np.ndarray, row: Mapping[str, object], explanation: Explanation
) -> float:
    outputs = served.outputs_of(raw)
    if served.is_linear:
        for block in served.texts:
            outputs = outputs + block.outputs([row.get(block.name)])
    logits = served.as_logits(outputs)[0]
    pair = [served.labels.index(label) for label in (explanation.target, explanation.contrast)]
    return float(logits[pair[0]] - logits[pair[1]])


def _margin_without(
    served: ServedModel, row: Mapping[str, object], places: list[list[Locator]], explanation: Explanation
) -> float:
    """The log-odds with places taken away: words blanked, fields set to a usual row's, parts covered."""
    changed = dict(row)
    flat = [where for group in places for where in group]
    for where in flat:
        if "quote" in where:
            text = str(changed[where["part"]])
            blank = " " * (where["end"] - where["start"])
            changed[where["part"]] = text[: where["start"]] + blank + text[where["end"] :]
    raw = served.raw([changed])
    groups = np.array(served.raw_groups)
    fields = {where["path"] for where in flat if "path" in where}
    for name in fields:
        own = groups == name
        raw[0, own] = served.background[0, own]
    for block in served.media:
        inside = [where for where in flat if where.get("asset") == block.name]
        if inside:
            content = block.read(row.get(block.name))
            raw[0, groups == block.name] = EVIDENCE[block.how.places].without(content, inside)
    return _margin(served, raw, changed, explanation)
