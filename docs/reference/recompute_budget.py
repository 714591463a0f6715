"""Compute the verdict of a closed period again, by NumPy alone: python recompute_budget.py period.json

The file holds what was fixed before the period: "target" (largest share wrong), "decisions" (declared
number), "rate" (no audit was less likely), "delta_kept", "delta_broken" (permitted doubt), "miss_bound" (of
what reviewers overlook), "short" (share of delta_kept for periods with fewer decisions), "bets_above" and
"bets_below" (each "values" and "shares"). And of the period: "delivered" (decisions), "audits": a list of
[inclusion probability, its uniform or null, loss] in decision order. A loss is 0, 1, or null if unanswered.
A file that was downloaded holds this for each label, or once for all decisions, in "units".
"""

import json
import sys

import numpy as np


def at_most(k, n, p, log_factorials):
    """P(Binomial(n, p) <= k)."""
    if k >= n or p >= 1:
        return float(k >= n)
    i = np.arange(int(k) + 1)
    ways = log_factorials[n] - log_factorials[i] - log_factorials[n - i]
    return float(np.exp(ways + i * np.log(p) + (n - i) * np.log1p(-p)).sum())


def refuted(unseen, logs, bets, delta):
    """Whether the mean martingale reaches 1 / delta with so many errors among decisions without an audit."""
    terms = logs + np.log(bets["shares"]) + np.asarray(unseen)[..., None] * np.log1p(bets["values"])
    return np.logaddexp.reduce(terms, axis=-1) >= -np.log(delta)


def first(low, high, holds):
    """The first whole number in (low, high] at which `holds`, which then stays so; for arrays at once."""
    low, high = np.array(low), np.array(high)
    while np.any(high - low > 1):
        middle = (low + high) // 2
        yes = holds(middle)
        low, high = np.where(yes, low, middle), np.where(yes, middle, high)
    return high


def check(f, pi, u, losses, above, below):
    """Stop where the file is not as was declared."""
    seen = f["rate"] * (1 - f["miss_bound"])
    facts = {
        "the promise is about costs, whose verdict is not computed here": f.get("counts", True),
        "an audit was less likely than declared": np.all(pi >= f["rate"] * (1 - 1e-9)),
        "an audit was more than certain": np.all(pi <= 1),
        "an audit has a uniform that is not below its probability": np.all(u < pi),
        "there are more audits than decisions": len(pi) <= f["delivered"],
        "a loss is not 0, 1 or null": {0.0, 1.0} >= {*losses},
        "shares of bets do not sum to 1": all(abs(b["shares"].sum() - 1) < 1e-9 for b in (above, below)),
        "bets above lie outside": np.all(above["values"] > 0) and np.all(above["values"] * (1 - seen) < seen),
        "bets below lie outside": np.all(below["values"] < 0) and np.all(below["values"] > -1),
    }
    for problem, holds in facts.items():
        if not holds:
            sys.exit(problem)


def recomputed(f):
    """The verdict and its numbers."""
    n, rate, missed, share = f["delivered"], f["rate"], f["miss_bound"], f["target"] * f["delivered"] + 1e-9
    pi, u, against, sure = np.array(
        [[p, 0 if u is None else u, 1 if x is None else x, 0 if x is None else x] for p, u, x in f["audits"]],
        dtype=float,
    ).reshape(-1, 4).T  # fmt: skip
    above, below = ({k: np.array(v) for k, v in f[name].items()} for name in ("bets_above", "bets_below"))
    check(f, pi, u, against, above, below)
    seen, most = rate * (1 - missed), n - (0 if missed else int((1 - against).sum()))

    logs = np.log1p(-(1 / (pi[against > 0] * (1 - missed)) - 1)[:, None] * above["values"]).sum(axis=0)
    products = np.cumsum(np.log1p(-(1 / pi[sure > 0] - 1)[:, None] * below["values"]), axis=0)
    start, end = np.full(len(products), -1), np.full(len(products), 10**9)
    lows = first(start, end, lambda w: ~refuted(w, products, below, f["delta_broken"]))
    low = min(most, int((np.arange(1, len(products) + 1) + lows).max(initial=0)))

    def upper_end(delta):
        return min(most, int(against.sum() + first(-1, 10**9, lambda w: refuted(w, logs, above, delta))) - 1)

    table = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, 2 * n + f["decisions"] + 2)))])
    k, k_sure = int(against[u < rate].sum()), int(sure[u < rate].sum())
    p, exact = at_most(k, int(f["target"] * f["decisions"] + 1e-9) + 1, seen, table), None
    if all(u is not None or p <= rate * (1 + 1e-9) for p, u, _ in f["audits"]):
        many = first(k, n + 1, np.vectorize(lambda w: at_most(k, w, seen, table) <= f["delta_kept"]))
        few = np.vectorize(lambda w: 1 - at_most(k_sure - 1, w, rate, table) > f["delta_broken"])
        exact = [int(first(k_sure - 1, n, few)) if k_sure else 0, int(many) - 1]

    kept = n >= f["decisions"] and p <= f["delta_kept"] * (1 - f["short"])
    kept = kept or (f["short"] > 0 and upper_end(f["delta_kept"] * f["short"]) <= share)
    verdict = "broken" if low > share else "kept" if kept else "not_decided"
    return {"verdict": verdict, "p_value": p, "low": low, "high": upper_end(f["delta_kept"]), "exact": exact}


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        period = json.load(file)
    for unit in period.get("units", [period]):
        print(json.dumps(recomputed(unit)))
