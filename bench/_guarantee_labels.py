"""Bar 8: how much real mail may be automated after how many labels, from the training labels themselves."""

from collections.abc import Iterator
from functools import cache, partial

import numpy as np

from bench import _guarantee_pools as pools
from bench._guarantee_kept import Figures, Kept
from bench._guarantee_rows import mean, share
from hitl.bench.rows import Row
from hitl.demo.worlds import DATA
from science.guarantee.out_of_fold import certify_out_of_fold
from science.guarantee.verdict import Certified

BARS = {800: 50, 1600: 90, 3000: 95}


def rows(kept: Kept, runs: int, *, quick: bool) -> Iterator[Row]:
    """Bar 8: SpamAssassin, 1 %, provisional; if it is to be quick, for the fewest labels alone."""
    for n, bar in list(BARS.items())[: 1 if quick else None]:
        found = kept.runs(f"labels {n}", runs, partial(_play, n), chunk=1)
        yield mean(
            f"SpamAssassin, {n:,} labels: automated at 1 %, provisional",
            "%",
            100 * found["automation"],
            bar=bar,
            more_is_better=True,
            note=f"error of what is automated {found['error'].mean():.2%}",
        )
        yield share("  the rest of the mail is wrong more often than 1 %", found["false"])


@cache
def _mails() -> tuple[list[str], np.ndarray]:
    return pools.mails(DATA / "spamassassin.jsonl.gz")


def _play(n: int, rng: np.random.Generator, runs: int) -> Figures:
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    texts, labels = _mails()
    figures: dict[str, list[float]] = {"automation": [], "error": [], "false": []}
    for _ in range(runs):
        order = rng.permutation(len(texts))
        known, rest = order[:n], order[n:]
        seen, truth = [texts[i] for i in known], labels[known]
        folds = StratifiedKFold(5, shuffle=True, random_state=int(rng.integers(2**31)))
        proba = cross_val_predict(pools.text_model(), seen, truth, cv=folds, method="predict_proba")
        names = np.unique(truth)
        verdict = certify_out_of_fold(
            proba.max(axis=1), names[proba.argmax(axis=1)] != truth, target=0.01, confidence=0.95, rng=rng
        )
        automation = error = 0.0
        if isinstance(verdict, Certified):
            later = pools.text_model().fit(seen, truth).predict_proba([texts[i] for i in rest])
            accepted = later.max(axis=1) >= verdict.cutoff
            wrong = names[later.argmax(axis=1)] != labels[rest]
            automation, error = (
                float(accepted.mean()),
                float(wrong[accepted].mean()) if accepted.any() else 0.0,
            )
        figures["automation"].append(automation)
        figures["error"].append(error)
        figures["false"].append(error > 0.01)
    return figures
