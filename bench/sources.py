"""Models elsewhere: real servers taken to a certificate, and what a promise is worth on scores too sure."""

import ipaddress
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from django.core.management import call_command
from django.test import override_settings

from bench import _sources_doors as doors
from bench import _sources_intake as intake
from bench import _sources_servers as servers
from bench import _sources_stubs as stubs
from bench import _sources_world as worlds
from hitl.bench.options import Options
from hitl.bench.rows import Row, absent
from science.guarantee.verdict import Certified
from science.intervals import wilson_interval
from science.worlds.elsewhere import Elsewhere
from science.worlds.trials import certification_trial, is_false
from science.worlds.world import World

TARGET, CUTOFF = 0.05, 0.9
STRICT = 0.03  # promised of a cascade: for less the local model needs no help with mail
FIT, LABELS, DECISIONS = 500, 1_000, 2_000
STREAMS = 200
DOORS = (
    (servers.mlserver, worlds.mails),
    (servers.mlserver, worlds.claims),
    (servers.mlflow, worlds.claims),
    (servers.onnx, worlds.mails),
    (stubs.score_in, worlds.mails),
    (stubs.template, worlds.mails),
    (stubs.chat, worlds.mails),
)
LOOPBACK_NETWORK = "127.0.0.0/8"
# Hard and easier: the wider the true log-odds are spread, the more cases are clear.
SPREADS = (1.5, 3.0)


def run(quick: bool) -> Iterator[Row]:
    """Streams of each spread; fewer when it is to be quick."""
    return run_with(Options(quick=quick))


def run_with(options: Options) -> Iterator[Row]:
    """As `run`, with a number of streams, or some parts only: `streams`, `cascade`, `hanging`, a door."""
    streams = options.runs or (50 if options.quick else STREAMS)
    for spread in SPREADS if "streams" in (options.only or ("streams",)) else ():
        yield from _rows(Elsewhere(spread), streams)
    yield from _real(options)


def _real(options: Options) -> Iterator[Row]:
    """Take the models behind real servers from their first score to a certificate."""
    os.environ["HITL_WEBHOOK_NETWORKS"] = LOOPBACK_NETWORK  # for the processes of the service
    call_command("migrate", interactive=False, verbosity=0)
    cases = doors.FEWEST if options.quick else worlds.CASES
    allowed = override_settings(WEBHOOK_NETWORKS=[ipaddress.ip_network(LOOPBACK_NETWORK)])
    with allowed, servers.onnx_runtime(), doors.service() as web:
        for serve, examples in DOORS:
            if serve.__name__ not in (options.only or (serve.__name__,)):
                continue
            with tempfile.TemporaryDirectory() as name, serve(examples(cases), Path(name)) as server:
                if server is None:
                    yield absent(f"a real server: {serve.__name__}")
                    continue
                with doors.swept():
                    stand = doors.register(server, examples(cases), web)
                    yield from doors.taken_to_a_certificate(stand, web)
                if stand.source.is_remote:
                    yield from doors.pace(stand, 3 if options.quick else 9)
        if "cascade" in (options.only or ("cascade",)):
            with stubs.chat(worlds.mails(cases), Path()) as server, doors.swept():
                stand = doors.register(server, worlds.mails(cases), web, "cascade", target=STRICT)
                yield from doors.taken_to_a_certificate(stand, web, is_cascade=True)
        if "hanging" in (options.only or ("hanging",)):
            yield from intake.rows(web, 3 if options.quick else 9)


def _rows(model: Elsewhere, streams: int) -> list[Row]:
    rng = np.random.default_rng(14)
    raw, kept, broken, automated, oracle = model.as_sent(), 0, 0, [], []
    for _ in range(streams):
        broken += _delivered(raw, CUTOFF, rng) > TARGET
        world = model.calibrated(FIT, rng)
        verdict = certification_trial(world, n=LABELS, target=TARGET, rng=rng, tuning=FIT)
        kept += not is_false(verdict, world)
        automated.append(world.coverage(verdict.cutoff) if isinstance(verdict, Certified) else 0.0)
        oracle.append(world.oracle(TARGET))
    low, high = wilson_interval(kept / streams, streams)
    name = f"temperature {model.temperature:g}, spread {model.spread:g}"
    return [
        Row(
            f"{name}: promise broken by a raw cutoff of {CUTOFF:g}",
            "% of streams",
            100 * broken / streams,
            note=f"{100 * raw.risk(CUTOFF):.1f} % of its automatic decisions are wrong in truth",
        ),
        Row(
            f"{name}: promise kept, calibrated and certified",
            "% of streams",
            100 * kept / streams,
            100 * low,
            100 * high,
            bar=95,
            more_is_better=True,
            note=f"{FIT} labels to calibrate, as many to plan, {LABELS:,} to test; {streams} streams",
        ),
        Row(
            f"{name}: automated under the promise",
            "% of cases",
            100 * float(np.mean(automated)),
            note=f"who knew the truth could automate {100 * float(np.mean(oracle)):.0f} %",
        ),
    ]


def _delivered(world: World, cutoff: float, rng: np.random.Generator) -> float:
    """Share of wrong ones among the automatic decisions of one stream."""
    seen = world.sample(DECISIONS, rng)
    accepted = seen.scores >= cutoff
    return float(seen.wrong[accepted].mean()) if accepted.any() else 0.0
