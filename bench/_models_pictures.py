"""Pictures: parts under inspection, split at random and by whole parts, beside HOG with two classifiers.

What was tried out was tried out on cast parts; the set here is of woven ones.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from PIL import Image, ImageFilter
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from bench._drawn_pictures import SCHEMA, SIDE, Photos, photos
from hitl.bench.rows import Row, from_runs
from science.aurc import aurc
from science.explain import explain
from science.media import read_image
from science.pipelines import TrainedModel, train
from science.pipelines.trust import most_contrast

MAKE = "woven"
CELL, DIRECTIONS = 8, 9
EXPLAINED = {True: 20, False: 60}
MS_BAR = 50.0


def pictures(quick: bool) -> list[Row]:
    """Accuracy and AURC of two splits, and whether evidence touches the flaw."""
    drawn = photos(12 if quick else 40, 15, 21, make=MAKE)
    n = len(drawn.rows)
    random = np.arange(n) < 0.7 * n
    whole = drawn.part < np.quantile(drawn.part, 0.7)
    out: list[Row] = []
    for name, learn in (("split at random", random), ("whole parts held out", whole)):
        out.append(Row(f"woven parts, {name}: {int(learn.sum())} photos", "", None))
        taught, asked = drawn.take(np.flatnonzero(learn)), drawn.take(np.flatnonzero(~learn))
        model, seconds = _timed(partial(_trained, taught))
        out += _judged("ours", model.served.predict_proba(asked.rows), np.array(model.labels), asked)
        out.append(Row("  fit, all candidates", "s CPU", seconds, note=f"chosen: {model.report['chosen']}"))
        features, others = _hog(taught), _hog(asked)
        for other, made in (
            (
                "HOG + PCA + SVC",
                make_pipeline(PCA(60, random_state=0), SVC(C=10, probability=True, random_state=0)),
            ),
            ("HOG + logistic regression", LogisticRegression(max_iter=300)),
        ):
            made.fit(features, taught.labels)
            out += _judged(other, made.predict_proba(others), made.classes_, asked)
    out += _evidence(
        model.served, asked, EXPLAINED[quick], bool(model.report["explanations"]["marks"]["beats"])
    )
    return out


def _trained(taught: Photos) -> TrainedModel:
    return train(taught.rows, taught.labels, SCHEMA, seed=1, groups=taught.part)


def _judged(name: str, proba: np.ndarray, labels: np.ndarray, asked: Photos) -> list[Row]:
    wrong = labels[proba.argmax(axis=1)] != np.array(asked.labels)
    return [
        Row(f"  {name}: right", "%", 100 * float(1 - wrong.mean())),
        Row(f"  {name}: AURC", "x 1000", 1000 * aurc(proba.max(axis=1), wrong)),
    ]


def _evidence(served: Any, asked: Photos, most: int, beats: bool) -> list[Row]:
    """Of photos with a flaw that the model names: does the strongest box touch it, and lie on it?"""
    rng = np.random.default_rng(0)
    touched: dict[str, list[bool]] = {"evidence": [], "most contrast": [], "a random box": []}
    on_it: list[bool] = []
    times: list[float] = []
    said = np.array(served.labels)[served.predict_proba(asked.rows).argmax(axis=1)]
    for i in np.flatnonzero((said == np.array(asked.labels)) & (said != "whole"))[:most]:
        explanation, seconds = _timed(partial(explain, served, asked.rows[i]))
        times.append(1000 * seconds)
        boxes = [h.where for h in explanation.highlights if h.side == "for"]
        if not boxes:
            continue
        top, left, height, width = (round(SIDE * boxes[0][key]) for key in ("y", "x", "h", "w"))
        mask = asked.mask[i]
        near = np.asarray(Image.fromarray((mask * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(5))) > 0
        on_it.append(bool(near[top + height // 2, left + width // 2]))
        loud = most_contrast(read_image(asked.rows[i]["photo"], SIDE), height, width)
        at = rng.integers(0, SIDE - height + 1), rng.integers(0, SIDE - width + 1)
        for name, box in (
            ("evidence", (top, top + height, left, left + width)),
            ("most contrast", loud),
            ("a random box", (at[0], at[0] + height, at[1], at[1] + width)),
        ):
            touched[name].append(bool(mask[box[0] : box[1], box[2] : box[3]].any()))
    rows = [
        Row(f"  touches the flaw: {name}", "%", 100 * float(np.mean(own))) for name, own in touched.items()
    ]
    rows.append(Row("  middle of the evidence lies on the flaw", "%", 100 * float(np.mean(on_it))))
    rows.append(from_runs("  explain one photo", "ms CPU", times))
    return [*rows, Row("  called weak by its own check", "", float(not beats))]


def _hog(drawn: Photos) -> np.ndarray:
    """Histograms of oriented gradients: cells of 8 pixels, nine directions, blocks of four cells."""
    return np.array([_hog_of(read_image(row["photo"], SIDE)) for row in drawn.rows])


def _hog_of(pixels: np.ndarray) -> np.ndarray:
    down, right = np.gradient(pixels.mean(axis=2))
    turn = np.floor(np.arctan2(down, right) * DIRECTIONS / np.pi).astype(int) % DIRECTIONS
    cell = (np.arange(SIDE) // CELL)[:, None] * (SIDE // CELL) + np.arange(SIDE) // CELL
    n = SIDE // CELL
    energy = np.bincount(
        (cell * DIRECTIONS + turn).ravel(), np.hypot(down, right).ravel(), n * n * DIRECTIONS
    )
    cells = energy.reshape(n, n, DIRECTIONS)
    blocks = np.concatenate([cells[a : n - 1 + a, b : n - 1 + b] for a in (0, 1) for b in (0, 1)], axis=2)
    return np.asarray((blocks / np.sqrt((blocks**2).sum(axis=2, keepdims=True) + 1e-6)).ravel())


def _timed(call: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    found = call()
    return found, time.process_time() - start
