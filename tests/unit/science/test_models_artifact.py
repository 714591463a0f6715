"""A damaged or hostile file is refused; a good one comes back as it was."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science.pipelines import train
from science.serving import BadArtifact, load_model, save_model
from science.serving.artifact import MAGIC, pack, unpack
from tests.unit.science.samples import CREDIT, MAIL, credits, mails


@pytest.fixture(scope="module")
def linear() -> bytes:
    rows, labels = mails(120)
    return train(rows, labels, MAIL, seed=1, budget_seconds=0).artifact


@pytest.fixture(scope="module")
def trees() -> bytes:
    from science.pipelines.candidates import SMALL_TREES
    from tests.unit.science.fitting import served_model_of

    rows, labels = credits(400)
    return save_model(served_model_of(SMALL_TREES, rows, labels, CREDIT))


def resealed(artifact: bytes, change) -> bytes:
    """The file with its meta and arrays changed and the checksum made right again."""
    meta, arrays = unpack(artifact)
    arrays = {name: array.copy() for name, array in arrays.items()}
    meta, arrays = change(meta, arrays) or (meta, arrays)
    return pack(meta, arrays)


def test_a_served_model_survives_its_file(linear, trees):
    for artifact in (linear, trees):
        assert save_model(load_model(artifact)) == artifact


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_changed_byte_is_noticed(linear, data):
    at = data.draw(st.integers(0, len(linear) - 1))
    flip = data.draw(st.integers(1, 255))
    damaged = bytearray(linear)
    damaged[at] ^= flip
    with pytest.raises(BadArtifact):
        load_model(bytes(damaged))


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_truncation_is_noticed(trees, data):
    with pytest.raises(BadArtifact):
        load_model(trees[: data.draw(st.integers(0, len(trees) - 1))])


@settings(max_examples=60, deadline=None)
@given(junk=st.binary(max_size=300))
def test_junk_is_refused_even_with_a_right_checksum(junk):
    body = MAGIC + junk
    for file in (junk, body + hashlib.sha256(body).digest()):
        with pytest.raises(BadArtifact):
            load_model(file)


def hostile_header(header: dict) -> bytes:
    raw = json.dumps(header).encode()
    body = MAGIC + len(raw).to_bytes(8, "big") + raw + b"\0" * 64
    return body + hashlib.sha256(body).digest()


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "<f8", "shape": [2**40], "offset": 0},
        {"dtype": "<f8", "shape": [2**20, 2**20], "offset": 0},
        {"dtype": "<f8", "shape": [-1], "offset": 0},
        {"dtype": "<f8", "shape": [4], "offset": 8000},
        {"dtype": "<f8", "shape": [4], "offset": 3},
        {"dtype": "<f8", "shape": [True], "offset": 0},
        {"dtype": "|O", "shape": [1], "offset": 0},
        {"dtype": ["<f8"], "shape": [1], "offset": 0},
        {"dtype": "<f8", "shape": "11", "offset": 0},
        {"dtype": "<f8"},
        [],
        None,
    ],
)
def test_arrays_that_lie_about_themselves_are_refused(entry):
    with pytest.raises(BadArtifact):
        unpack(hostile_header({"meta": {}, "arrays": {"a": entry}}))


def test_a_deeply_nested_header_is_refused():
    raw = b'{"meta":' + b"[" * 200_000
    body = MAGIC + len(raw).to_bytes(8, "big") + raw
    with pytest.raises(BadArtifact):
        unpack(body + hashlib.sha256(body).digest())


def _set(name, index, value):
    def change(meta, arrays):
        arrays[name][index] = value

    return change


def _meta(**values):
    def change(meta, arrays):
        meta.update(values)

    return change


def _without(name):
    def change(meta, arrays):
        return meta, {key: array for key, array in arrays.items() if key != name}

    return change


def _halved(name):
    def change(meta, arrays):
        arrays[name] = arrays[name][: len(arrays[name]) // 2]

    return change


@pytest.mark.parametrize(
    "change",
    [
        _set("text0.weights", 0, np.nan),
        _set("text0.idf", 0, -1.0),
        _set("linear.intercept", 0, np.inf),
        _set("text0.words", 0, 0xFF),
        _without("text0.weights"),
        _halved("text0.words"),
        _halved("text1.idf"),
        _meta(version="plan/999"),
        _meta(labels=["ham"]),
        _meta(labels=["ham", "eggs"]),
        _meta(labels=None),
        _meta(schema={"fields": [], "labels": []}),
        _meta(texts=[{"name": "text", "gram_range": [0, 99], "max_chars": 10}] * 2),
        _meta(head="trees"),
        _meta(table=[{"name": "x", "kind": "number"}]),
        _meta(media=[{"name": "photo", "kind": "image", "side": 10**9, "width": 3}]),
    ],
)
def test_a_resealed_but_inconsistent_linear_file_is_refused(linear, change):
    with pytest.raises(BadArtifact):
        load_model(resealed(linear, change))


@pytest.mark.parametrize(
    "change",
    [
        _set("trees.column", (0, 0), 10_000),
        _set("trees.column", (0, 0), -1),
        _set("trees.category_row", (0, 0), 99_999),
        _set("trees.survivors", (0, 0), 0),
        _set("trees.leaves", (0, 0, 0), np.nan),
        _set("trees.threshold", (0, 0), np.nan),
        _set("trees.baseline", 0, np.inf),
        _halved("trees.leaves"),
        _without("trees.missing_right"),
        _set("background", (0, 0), 77.0),
        _meta(head="linear"),
    ],
)
def test_a_resealed_but_inconsistent_tree_file_is_refused(trees, change):
    with pytest.raises(BadArtifact):
        load_model(resealed(trees, change))


def test_loading_and_scoring_needs_no_scikit_learn(tmp_path, linear, trees):
    for name, artifact in (("linear", linear), ("trees", trees)):
        (tmp_path / name).write_bytes(artifact)
    script = f"""
import sys, pathlib
from science.serving import load_model
from science.explain import explain
for name in ("linear", "trees"):
    served = load_model((pathlib.Path({str(tmp_path)!r}) / name).read_bytes())
    served.predict_proba([{{}}]); served.fits([{{}}]); explain(served, {{"text": "free money", "Age": 30.0}})
heavy = {{"sklearn", "scipy", "pandas", "joblib"}} & {{module.split(".")[0] for module in sys.modules}}
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
