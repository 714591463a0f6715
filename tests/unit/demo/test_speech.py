"""The drawn calls: playable files, the truth where it says, the same for a seed; what a line does to them."""

from itertools import islice

import numpy as np
import pytest

from hitl.demo import speech
from hitl.demo.speech import LINES, RATE, USUAL, Shift, draw_call, speak, speaker
from hitl.demo.worlds import Calls, worlds
from science.explain import explain
from science.fields import Schema
from science.media import read_audio
from science.pipelines import train


def calls(n: int, shift: Shift = USUAL) -> list[speech.Call]:
    rng = np.random.default_rng(3)
    return [draw_call(rng, shift=shift) for _ in range(n)]


def test_a_call_is_a_recording_with_its_numbers_inside_and_the_same_for_a_seed() -> None:
    made = calls(40)
    assert made == calls(40)
    for call in made:
        length_ms = len(read_audio(call.wav)) * 1000 / RATE
        assert (call.label == "number") == bool(call.spans)
        assert all(0 <= start < end <= length_ms + 1 for start, end in call.spans)
    assert 10 < sum(call.label == "number" for call in made) < 30


def test_a_shift_changes_what_it_names() -> None:
    def loud(shift: Shift) -> float:
        return float(np.mean([np.abs(read_audio(call.wav)).mean() for call in calls(8, shift)]))

    def peak(shift: Shift) -> float:
        return float(max(np.abs(read_audio(call.wav)).max() for call in calls(8, shift)))

    assert loud(Shift(gain=2.0)) > 1.5 * loud(Shift())
    assert loud(Shift(noise=0.05)) > loud(Shift())
    assert peak(Shift(clip=0.1)) <= 0.101
    assert len(calls(1, Shift(rate=16_000))[0].wav) > 1.9 * len(calls(1)[0].wav)


@pytest.mark.parametrize("line", LINES)
def test_every_line_carries_the_same_calls(line: str) -> None:
    (world,) = (world for world in worlds(line=line) if world.slug == Calls.slug)
    heard, usual = (list(islice(one.arrivals(), 6)) for one in (world, Calls()))
    assert [example.truth for example in heard] == [example.truth for example in usual]
    is_same = [a.content == b.content for a, b in zip(heard, usual, strict=True)]
    assert all(is_same) if line == "usual" else not any(is_same)


def test_a_model_of_the_history_hears_numbers_and_points_at_when_they_are_said() -> None:
    world = Calls()
    made = calls(200)
    schema = Schema.from_json({"fields": world.fields, "labels": [label["name"] for label in world.labels]})
    rows = [{"recording": call.wav} for call in made]
    model = train(rows[:150], [call.label for call in made[:150]], schema, seed=1, budget_seconds=0)
    proba = model.served.predict_proba(rows[150:])
    right = [model.labels[int(p.argmax())] == call.label for p, call in zip(proba, made[150:], strict=True)]
    assert np.mean(right) >= 0.8
    hits, share = [], []
    for call, row in zip(made[150:], rows[150:], strict=True):
        if not call.spans:
            continue
        found = explain(model.served, row, target="number", contrast="no number")
        place = next(h.where for h in found.highlights if h.side == "for")
        (start, end) = call.spans[0]
        hits.append(place["start_ms"] < end and start < place["end_ms"])
        share.append((end - start) / (len(call.wav) / 2 / RATE * 1000))
    assert np.mean(hits) >= 3 * np.mean(share)


def test_history_and_stream_of_the_calls_do_not_overlap() -> None:
    world = Calls()
    world.history_size = 40
    known = {example.content["recording"] for example in world.history()}
    assert known.isdisjoint(example.content["recording"] for example in islice(world.arrivals(), 60))


@pytest.mark.skipif(speaker() is None, reason="espeak-ng is not installed: real speech was not synthesised")
def test_espeak_says_a_sentence() -> None:
    call = speak(np.random.default_rng(0))
    assert len(read_audio(call.wav)) > RATE // 2


@pytest.mark.skipif(speaker() is None, reason="espeak-ng is not installed: real speech was not synthesised")
def test_a_model_of_synthesised_speech_hears_numbers_and_is_lost_over_a_noisy_line() -> None:
    rng = np.random.default_rng(5)
    made = [speak(rng) for _ in range(300)]
    noisy = [speak(rng, shift=LINES["noisier"]) for _ in range(40)]
    schema = Schema.from_json({"fields": Calls.fields, "labels": [label["name"] for label in Calls.labels]})
    rows, labels = [{"recording": call.wav} for call in made], [call.label for call in made]
    served = train(rows[:240], labels[:240], schema, seed=1).served

    def right(some: list[speech.Call]) -> float:
        proba = served.predict_proba([{"recording": call.wav} for call in some])
        said = [served.labels[k] for k in proba.argmax(axis=1)]
        return float(np.mean([a == call.label for a, call in zip(said, some, strict=True)]))

    assert right(made[240:]) >= 0.9
    assert right(noisy) <= 0.75


def test_without_espeak_asking_it_to_speak_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "speaker", lambda: None)
    with pytest.raises(RuntimeError, match="not installed"):
        speak(np.random.default_rng(0))
