"""Evidence: in the content, additive, about the label shown, and it matters."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from science.explain import NotInContent, Unsupported, explain, explainer_for, self_check, verify
from science.explain.media import audio_units, cover
from science.explain.places import Places
from science.fields import Field, Kind, Schema
from science.media import SAMPLE_RATE
from science.pipelines import train
from science.pipelines.candidates import MEDIA, PAIRWISE, SMALL_TREES, TABLE, TEXT
from tests.unit.science.fitting import served_model_of
from tests.unit.science.samples import BEEP, CREDIT, MAIL, PANEL, beep, beeps, credits, mails, panel, panels
from tests.unit.science.test_models_analyzer import nasty


@pytest.fixture(scope="module")
def mail_served():
    rows, labels = mails(240)
    return served_model_of(TEXT[2], rows, labels, MAIL)


@pytest.fixture(scope="module")
def pairwise_served():
    rows, labels = credits(500)
    return served_model_of(PAIRWISE, rows, labels, CREDIT)


@pytest.fixture(scope="module")
def panel_served():
    rows, labels = panels(160)
    return served_model_of(MEDIA[1], rows, labels, PANEL)


def log_odds(explanation) -> float:
    return float(np.log(explanation.p_target / explanation.p_contrast))


def test_what_is_explained_is_what_is_shown(mail_served, pairwise_served, panel_served):
    for served, rows in (
        (mail_served, mails(240)[0]),
        (pairwise_served, credits(500)[0]),
        (panel_served, panels(5)[0]),
    ):
        proba = served.predict_proba(rows[:5])
        for row, p in zip(rows[:5], proba, strict=True):
            explanation = explain(served, row)
            assert explanation.target == served.labels[int(p.argmax())]
            assert explanation.p_target == pytest.approx(p.max(), abs=1e-12)
            shown = sum(highlight.score for highlight in explanation.highlights)
            assert shown + explanation.residual == pytest.approx(log_odds(explanation), abs=1e-9)
            verify(explanation, row)


def test_all_evidence_of_a_linear_model_adds_up_to_the_log_odds(mail_served):
    for row in mails(240)[0][:40]:
        explanation = explain(mail_served, row, top=10**6)
        assert explanation.method["exact"] is True
        assert explanation.method["gap"] <= 1e-9


@settings(max_examples=120, deadline=None)
@given(text=nasty)
def test_highlights_of_any_text_lie_in_it_and_part_no_character(mail_served, text):
    row = {"subject": None, "text": f"free {text} money"}
    explanation = explain(mail_served, row, top=50)
    verify(explanation, row)
    json.dumps(explanation.to_json(), allow_nan=False)
    for highlight in explanation.highlights:
        place = highlight.where
        around = Places("text", row["text"]).locate(place["start"], place["end"])
        assert (around["start"], around["end"]) == (place["start"], place["end"])


@settings(max_examples=120, deadline=None)
@given(text=nasty, data=st.data())
def test_browser_offsets_quote_the_same_words(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    where = Places("t", text).locate(start, end)
    units = text.encode("utf-16-le", "surrogatepass")[2 * where["start16"] : 2 * where["end16"]]
    assert units.decode("utf-16-le", "surrogatepass") == where["quote"]
    assert where["start"] <= start <= end <= where["end"]


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("e\u0301", 1),
        ("\U0001f468\u200d\U0001f469", 1),
        ("\U0001f1e9\U0001f1ea", 1),
        ("\r\n", 1),
        ("\U0001f44d\U0001f3fd", 1),
        ("\u1100\u1161", 1),
    ],
)
def test_a_cut_inside_a_character_is_moved_to_its_edges(text, inside):
    assert Places("t", text).locate(0, inside)["quote"] == text
    assert Places("t", text).locate(inside, len(text))["quote"] == text


def test_the_same_case_gives_the_same_bytes(mail_served, pairwise_served):
    for served, row in ((mail_served, mails(240)[0][0]), (pairwise_served, credits(500)[0][0])):
        first, second = (json.dumps(explain(served, row).to_json()) for _ in range(2))
        assert first == second


def test_a_changed_case_is_not_shown_old_evidence(mail_served):
    row = mails(240)[0][0]
    explanation = explain(mail_served, row)
    with pytest.raises(NotInContent):
        verify(explanation, {**row, "text": row["text"] + " "})


def test_repeated_words_are_one_item_with_all_their_places(mail_served):
    row = {"subject": "", "text": "click here, Click now, CLICK"}
    item = next(
        h for h in explain(mail_served, row, top=50).highlights if h.where["quote"].lower() == "click"
    )
    assert [place["quote"] for place in (item.where, *item.also)] == ["click", "Click", "CLICK"]


def test_swapping_is_the_exact_shapley_value_of_a_pairwise_model(pairwise_served):
    """Against the definition, summed over all subsets of the fields, for one background row at a time."""
    from itertools import combinations
    from math import comb

    from science.explain.swap import field_scores

    served, rows = pairwise_served, credits(500)[0]
    raw = served.raw(rows[:1])[0]
    names = [column.name for column in served.table.columns][:6]
    columns = [[i for i, group in enumerate(served.raw_groups) if group == name] for name in names]
    background = served.background[:4].copy()
    background[:, [i for i in range(len(raw)) if not any(i in own for own in columns)]] = raw[
        [i for i in range(len(raw)) if not any(i in own for own in columns)]
    ]
    direction = np.array([1.0])

    def value(subset) -> np.ndarray:
        mixed = background.copy()
        for i in subset:
            mixed[:, columns[i]] = raw[columns[i]]
        return served.outputs_of(mixed)[:, 0]

    n = len(names)
    expected = np.zeros(n)
    for i in range(n):
        rest = [j for j in range(n) if j != i]
        for size in range(n):
            for subset in combinations(rest, size):
                expected[i] += (value((*subset, i)) - value(subset)).mean() / (n * comb(n - 1, size))
    kept, served.background = served.background, background
    try:
        scores, base = field_scores(served, raw, names, direction)
    finally:
        served.background = kept
    assert scores == pytest.approx(expected, abs=1e-12)
    assert scores.sum() + base == pytest.approx(served.outputs_of(raw[None])[0, 0], abs=1e-10)


def test_contrast_and_target_can_be_chosen_and_turn_the_signs(pairwise_served):
    row = credits(500)[0][0]
    one = explain(pairwise_served, row, target="good", contrast="bad", top=99)
    other = explain(pairwise_served, row, target="bad", contrast="good", top=99)
    turned = {h.where["path"]: -h.score for h in other.highlights}
    assert {h.where["path"]: h.score for h in one.highlights} == pytest.approx(turned)
    assert (
        explain(pairwise_served, row, contrast=explain(pairwise_served, row).target).target
        != explain(pairwise_served, row).target
    )
    with pytest.raises(ValueError, match="'ugly'"):
        explain(pairwise_served, row, target="ugly")
    with pytest.raises(ValueError, match="two labels"):
        explain(pairwise_served, row, target="good", contrast="good")


def test_hidden_fields_are_never_pointed_at():
    hidden = Schema(
        tuple(Field(f.name, f.kind, required=False, show=f.name != "Job") for f in CREDIT.fields),
        CREDIT.labels,
    )
    rows, labels = credits(300)
    served = served_model_of(TABLE[0], rows, labels, hidden)
    for row in rows[:20]:
        assert "Job" not in json.dumps(explain(served, row, top=99).to_json())


@pytest.mark.parametrize("which", ["mail", "credit"])
def test_removing_the_evidence_matters_more_than_removing_anything_else(which, mail_served):
    if which == "mail":
        served, rows = mail_served, mails(240)[0]
    else:
        rows, labels = credits(500)
        served = served_model_of(TABLE[0], rows, labels, CREDIT)
    sure = np.abs(served.predict_proba(rows)[:, 0] - 0.5)
    report = self_check(served, [rows[i] for i in np.argsort(sure)[:30]], np.random.default_rng(0))
    assert report["additivity"] <= 1e-9
    assert report["comprehensiveness"] > 3 * abs(report["comprehensiveness_at_random"])


def test_native_categories_and_missing_values_are_explained_right():
    rows, labels = credits(500)
    served = served_model_of(SMALL_TREES, rows, labels, CREDIT)
    with_gaps = [row for row in rows if None in row.values()][:20]
    report = self_check(served, with_gaps, np.random.default_rng(0))
    assert report["comprehensiveness"] > 2 * abs(report["comprehensiveness_at_random"])


def test_boxes_point_at_the_scratch(panel_served):
    rng = np.random.default_rng(77)
    hits, n = 0, 20
    for _ in range(n):
        photo, (x, y) = panel(rng, scratched=True)
        boxes = [
            h.where for h in explain(panel_served, {"photo": photo}, target="scratched", top=2).highlights
        ]
        hits += any(
            b["x"] - 0.2 <= x <= b["x"] + b["w"] + 0.2 and b["y"] - 0.2 <= y <= b["y"] + b["h"] + 0.2
            for b in boxes
        )
    assert hits >= 0.6 * n


def test_covering_a_box_touches_nothing_else():
    pixels = np.random.default_rng(0).random((32, 48, 3), dtype=np.float32)
    covered = cover(pixels, (8, 16, 0, 48))
    assert np.array_equal(covered[:8], pixels[:8])
    assert np.array_equal(covered[16:], pixels[16:])
    assert covered[8:16].std() < 0.5 * pixels[8:16].std()


def test_the_time_of_the_tone_is_found():
    rows, labels = beeps(120)
    served = served_model_of(MEDIA[1], rows, labels, BEEP)
    rng = np.random.default_rng(5)
    hits, n = 0, 20
    for _ in range(n):
        call, start = beep(rng, high=True)
        row = {"call": call}
        explanation = explain(served, row, target="high", top=2)
        verify(explanation, row)
        places = [h.where for h in explanation.highlights]
        hits += any(place["start_ms"] < start + 300 and place["end_ms"] > start for place in places)
    assert hits >= 0.8 * n


def test_in_a_long_recording_the_tone_is_found_by_looking_nearer_and_nearer():
    rng = np.random.default_rng(3)
    n = 120 * SAMPLE_RATE
    start = int(rng.integers(0, n - SAMPLE_RATE))
    samples = rng.normal(0, 0.01, n).astype(np.float32)
    samples[start : start + SAMPLE_RATE // 2] += np.sin(
        np.arange(SAMPLE_RATE // 2) * 2 * np.pi * 1500 / SAMPLE_RATE
    )
    asked: list[int] = []

    def margins(features: np.ndarray) -> np.ndarray:
        asked.append(len(features))
        return features[:, :32].max(axis=1)  # the loudest any band ever gets

    units = audio_units("call", samples, margins)
    strongest = max(units, key=lambda unit: unit.score).where
    begin, end = start * 1000 // SAMPLE_RATE, (start + SAMPLE_RATE // 2) * 1000 // SAMPLE_RATE
    assert strongest["start_ms"] < end
    assert begin < strongest["end_ms"]
    assert strongest["end_ms"] - strongest["start_ms"] <= 1_000
    assert sum(asked) <= 41
    places = sorted((unit.where["start_ms"], unit.where["end_ms"]) for unit in units)
    assert all(a[1] <= b[0] for a, b in pairwise(places))


def test_a_case_that_cannot_be_scored_has_no_evidence(panel_served):
    row = {"photo": b"junk"}
    explanation = explain(panel_served, row)
    assert explanation.status == "unavailable"
    assert explanation.highlights == ()
    json.dumps(explanation.to_json(), allow_nan=False)
    verify(explanation, row)


def test_evidence_that_says_little_is_marked_weak():
    schema = Schema((Field("t", Kind.TEXT),), ("a", "b"))
    rows = [{"t": f"alpha {i}"} for i in range(30)] + [{"t": f"beta {i}"} for i in range(30)]
    served = train(rows, ["a"] * 30 + ["b"] * 30, schema, seed=1, budget_seconds=0).served
    assert explain(served, {"t": "gamma"}).status == "weak"
    assert explain(served, {"t": ""}).status == "weak"
    assert explain(served, {"t": "alpha"}).status == "ok"


def test_a_model_is_explained_or_refused_and_never_guessed_at(mail_served, pairwise_served, panel_served):
    methods = [explainer_for(served).method for served in (mail_served, pairwise_served, panel_served)]
    assert methods == ["linear-exact", "two-ended-swap", "occlusion"]
    row = mails(240)[0][0]
    assert explainer_for(mail_served).explain(row) == explain(mail_served, row)
    for foreign in (None, "pipeline", LogisticRegression(), replace(mail_served, head=object())):
        refused = explainer_for(foreign)
        assert isinstance(refused, Unsupported)
        assert refused.reason.endswith((".", "again."))
    assert isinstance(explainer_for(replace(pairwise_served, background=np.zeros((0, 13)))), Unsupported)


def test_muting_the_tone_moves_the_model_more_than_muting_anything_else():
    rows, labels = beeps(60)
    served = served_model_of(MEDIA[0], rows, labels, BEEP)
    report = self_check(served, rows, np.random.default_rng(0))
    assert report["comprehensiveness"] > 2 * abs(report["comprehensiveness_at_random"])
