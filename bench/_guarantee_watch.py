"""Bars 4 and 5: the monitor rarely cries wolf and finds what goes wrong, beside river's drift detectors."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from bench import _guarantee_peers as peers
from bench._guarantee_kept import Figures, Kept
from bench._guarantee_rows import mean, quantile, share
from hitl.bench.rows import Row, absent
from science.guarantee.monitor import AMBER
from science.worlds.drift import Risk, abrupt, constant, gradual
from science.worlds.watches import monitor_trials

YEAR = 208_000  # automatic cases; audited at 2 %: 4,160, as the policy has it
AUDIT_YEAR = 10_400  # audits, where audits are the unit
JUMP_AT = 40_000
EARLY = 0.02  # amber from a lower E: found sooner, for a third more audits
POLICIES = {"2 % fixed": (0.02, 0.02), "2 to 25 % on amber": (0.02, 0.25), "5 to 50 %": (0.05, 0.5)}


def false_trips(kept: Kept, runs: int) -> Iterator[Row]:
    """Bar 4."""
    everything = []
    for name, (base, amber) in POLICIES.items():
        years = kept.runs(f"years {name}", runs, partial(_years, constant(0.01), base, amber), chunk=250)
        everything.append(years["red"])
        yield share(f"false trips a year at exactly the target, audits {name}", years["red"], bar=1)
    pooled = np.concatenate(everything)
    row = share("  pooled", pooled)
    yield row
    yield Row("  pooled, upper end of the interval", "%", row.high, bar=2)
    half = kept.runs("years at half", runs, partial(_years, constant(0.005), 0.02, 0.25), chunk=250)
    yield share("false trips a year at half the target", half["red"])
    yield mean("  audit rate", "% of cases", 100 * half["rate"], bar=2.3)
    yield from _river_years(kept, runs)


def detection(kept: Kept, runs: int) -> Iterator[Row]:
    """Bar 5. Runs that never find it count as infinitely late."""
    jump = abrupt(0.005, 0.03, at=JUMP_AT)
    fixed = kept.runs("jump fixed", runs, partial(_delays, jump, 0.02, 0.02), chunk=250)
    in_audits = kept.runs("jump audits", runs, _audit_delays, chunk=250)["audits"]
    yield quantile(".5 to 3 %, fixed rate: delay, median", "audits", in_audits, 0.5, bar=700)
    yield quantile("  p90", "audits", in_audits, 0.9, bar=1200)
    yield quantile("  the same at 2 % of cases, median", "cases", fixed["cases"], 0.5)
    adaptive = kept.runs("jump adaptive", runs, partial(_delays, jump, 0.02, 0.25), chunk=250)
    yield quantile(".5 to 3 %, 2 to 25 % on amber: delay, median", "cases", adaptive["cases"], 0.5, bar=6000)
    yield quantile("  p90", "cases", adaptive["cases"], 0.9, bar=12_000)
    early = kept.runs("jump early", runs, partial(_delays, jump, 0.02, 0.5, amber=EARLY), chunk=250)
    yield quantile(f"  2 to 50 % from E = {EARLY:g}, median", "cases", early["cases"], 0.5, aim=4000)
    yield quantile("  p90", "cases", early["cases"], 0.9, aim=7500)
    calm = kept.runs(
        "years early", runs // 8, partial(_years, constant(0.005), 0.02, 0.5, amber=EARLY), chunk=250
    )
    yield mean("  its audit rate at half the target", "% of cases", 100 * calm["rate"], aim=3)
    slow = gradual(0.005, 0.03, at=JUMP_AT, over=60_000)
    slowly = kept.runs("slow adaptive", runs, partial(_delays, slow, 0.02, 0.25), chunk=250)
    yield quantile(".5 to 3 % over 60,000 cases, 2 to 25 %: delay, median", "cases", slowly["cases"], 0.5)
    yield from _river_delays(kept, runs)


def _years(
    risk: Risk, base: float, raised: float, rng: np.random.Generator, runs: int, *, amber: float = AMBER
) -> Figures:
    watched = monitor_trials(risk, runs=runs, cases=YEAR, rng=rng, base=base, amber_rate=raised, amber=amber)
    return {"red": np.isfinite(watched.red_at), "rate": np.full(runs, watched.audit_rate)}


def _delays(
    risk: Risk, base: float, raised: float, rng: np.random.Generator, runs: int, *, amber: float = AMBER
) -> Figures:
    cases = JUMP_AT + 400_000
    watched = monitor_trials(risk, runs=runs, cases=cases, rng=rng, base=base, amber_rate=raised, amber=amber)
    return {"cases": watched.red_at - JUMP_AT}


def _audit_delays(rng: np.random.Generator, runs: int) -> Figures:
    """Audits as the unit: a year is 10,400 of them, and the error jumps at the 2,000th."""
    watched = monitor_trials(
        abrupt(0.005, 0.03, at=2000),
        runs=runs,
        cases=12_000,
        rng=rng,
        horizon_cases=AUDIT_YEAR,
        base=1.0,
        amber_rate=1.0,
    )
    return {"audits": watched.audits_at - 2000}


def _river_years(kept: Kept, runs: int) -> Iterator[Row]:
    if not peers.are_installed():
        yield absent("peer: river")
        return
    for name in peers.DETECTORS:
        wanted = min(runs, 100)
        years = kept.runs(
            f"{peers.named('river')} years {name}",
            wanted,
            partial(_river, name, 0.005, 0.005, AUDIT_YEAR),
            chunk=10,
        )
        yield share(f"peer: river {name}, false trips a year at half the target", np.isfinite(years["at"]))


def _river_delays(kept: Kept, runs: int) -> Iterator[Row]:
    if not peers.are_installed():
        return
    for name in peers.DETECTORS:
        wanted = min(runs, 100)
        found = kept.runs(
            f"{peers.named('river')} jump {name}",
            wanted,
            partial(_river, name, 0.005, 0.03, 12_000),
            chunk=10,
        )
        late = found["at"][found["at"] >= 2000] - 2000  # an alarm before the jump found nothing
        found_it, early = np.isfinite(late), found["at"].size - late.size
        note = f"{int(found_it.sum())} of {late.size} found it; {early} alarms before it"
        if found_it.mean() > 0.5:
            yield quantile(f"peer: river {name}, .5 to 3 %: delay, median", "audits", late, 0.5, note=note)
        else:
            yield Row(f"peer: river {name}, .5 to 3 %: delay", "audits", None, note=note)


def _river(
    name: str, before: float, after: float, audits: int, rng: np.random.Generator, runs: int
) -> Figures:
    risk = abrupt(before, after, at=2000)(np.arange(audits))
    return {"at": [peers.alarm_of(name, rng.random(audits) < risk) for _ in range(runs)]}
