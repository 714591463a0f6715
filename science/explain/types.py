"""What an explanation says: one form for text, tables, images and recordings ("highlight/1")."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

SCHEMA = "highlight/1"
Locator = dict[str, Any]


class NotInContent(ValueError):
    """This highlight points at something the case does not hold; do not show it."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One piece of evidence before ranking: `score` is the log-odds it moved, target against contrast.

    `where` is its first place; `also` holds further places of the same word.
    """

    score: float
    where: Locator
    label: str
    why: dict[str, Any] = field(default_factory=dict)
    also: tuple[Locator, ...] = ()


@dataclass(frozen=True, slots=True)
class Highlight:
    """One piece of evidence as shown. `share` is its part of all evidence, 0..1, for colour."""

    where: Locator
    score: float
    share: float
    side: Literal["for", "against"]
    label: str
    why: dict[str, Any]
    also: tuple[Locator, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a model prefers `target` to `contrast` for one case.

    Locators: text ``{"part", "start", "end", "start16", "end16", "quote"}`` (code points, UTF-16 units
    as browsers count, and the words themselves), field ``{"path"}``, box ``{"asset", "x", "y", "w",
    "h"}`` (0..1 of the upright image), time ``{"asset", "start_ms", "end_ms"}``.
    The scores shown and `residual` add up to the log-odds of target against contrast. `flips` are changes
    after which the model would say something else: of fields (`science.explain.counterfactual`), or words
    that a text would be without (`science.explain.deletion`).
    """

    model: str
    content_sha256: str
    target: str
    contrast: str
    p_target: float | None
    p_contrast: float | None
    method: dict[str, Any]
    highlights: tuple[Highlight, ...]
    residual: float
    status: Literal["ok", "weak", "unavailable"]
    flips: tuple[dict[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As JSON values; the same case and model give the same bytes."""
        return {
            "schema": SCHEMA,
            "model": self.model,
            "content_sha256": self.content_sha256,
            "target": self.target,
            "contrast": self.contrast,
            "p_target": self.p_target,
            "p_contrast": self.p_contrast,
            "method": dict(self.method),
            "highlights": [
                {
                    "where": h.where, "also": list(h.also), "score": h.score, "share": h.share,
                    "side": h.side, "label": h.label, "why": h.why,
                }
                for h in self.highlights
            ],
            "residual": self.residual,
            "flips": list(self.flips),
            "status": self.status,
        }  # fmt: skip


def content_sha256(row: Mapping[str, object]) -> str:
    """SHA-256 (hex) of what a row holds; an explanation is of this content and no other."""
    state = hashlib.sha256()
    for name in sorted(row):
        value = row[name]
        if isinstance(value, bytes | bytearray | memoryview):
            content = bytes(value)
        else:
            content = repr(value).encode("utf-8", "surrogatepass")
        state.update(f"{name}\0{len(content)}\0".encode("utf-8", "surrogatepass"))
        state.update(content)
    return state.hexdigest()


def verify(explanation: Explanation, row: Mapping[str, object]) -> None:
    """Make sure that everything highlighted is in the case, before anything is shown.

    Raises:
        NotInContent: the case was changed since, or a place lies outside its content.
    """
    if explanation.content_sha256 != content_sha256(row):
        raise NotInContent("the case is not the one that was explained")
    for highlight in explanation.highlights:
        for where in (highlight.where, *highlight.also):
            _verify_place(where, row)
    for flip in explanation.flips:
        for change in flip["changes"]:
            if "without" in change:
                if change["without"] not in str(row.get(change["path"], "")):
                    raise NotInContent(f"a word that is not in {change['path']!r}")
            elif row.get(change["path"]) != change["from"]:
                raise NotInContent(f"a change of {change['path']!r} from what it is not")


def _verify_place(where: Locator, row: Mapping[str, object]) -> None:
    if "quote" in where:
        text = row.get(where["part"])
        if not isinstance(text, str) or not 0 <= where["start"] < where["end"] <= len(text):
            raise NotInContent("a highlight lies outside its text")
        units = text.encode("utf-16-le", "surrogatepass")[2 * where["start16"] : 2 * where["end16"]]
        by_points = text[where["start"] : where["end"]]
        if by_points != where["quote"] or units != where["quote"].encode("utf-16-le", "surrogatepass"):
            raise NotInContent("a highlight does not quote its text")
    elif "path" in where:
        if where["path"] not in row:
            raise NotInContent(f"the case has no field {where['path']!r}")
    elif "start_ms" in where:
        if not 0 <= where["start_ms"] < where["end_ms"] or not row.get(where["asset"]):
            raise NotInContent("a highlighted time is not in the recording")
    else:
        x, y, w, h = (where[key] for key in ("x", "y", "w", "h"))
        inside = min(x, y) >= 0 and min(w, h) > 0 and max(x + w, y + h) <= 1 + 1e-9
        if not (all(map(math.isfinite, (x, y, w, h))) and inside) or not row.get(where["asset"]):
            raise NotInContent("a highlighted box is not in the image")
