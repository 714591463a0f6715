"""Two web and two worker hosts as network namespaces, with database, broker and an S3 store between them.

How much a second web host takes in, whether models are shared, and what is lost when a host is cut off or
killed. Root on Linux only, and with the peers and `requirements-s3.txt` installed.
"""

import importlib.util
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from django.core.files.storage import storages

from bench._scale_load import Sender, calling, one_case, pace
from bench._scale_machines import BUCKET, Machine, in_the_middle, is_ready, web_host, worker_host
from bench._scale_net import Host, NoNetwork, hosts
from bench._scale_world import World, finished, has_begun, make_world, seconds_between, sessions_from
from hitl.bench import peers
from hitl.bench.rows import Row, absent, from_runs, ratio
from hitl.runtime.processes import wait_until
from models_store.models import Release, TrainingRun

SHARE = 0.3  # of one core, a host: two of them, their callers and the database fit on two cores
SAVERS, SAVED_BYTES = 4, 2_000_000
ASKED = 100  # cases that show which model decides
MIN_GAIN = 1.6


def run(quick: bool) -> Iterator[Row]:
    """Play it all on the stage's database and broker."""
    python = peers.interpreter(peers.Group.S3)
    if python is None:
        yield absent("peer: moto's S3 server")
        return
    if importlib.util.find_spec("storages") is None:
        yield Row("an S3 store", "", None, note="not installed: requirements-s3.txt")
        return
    try:
        with hosts(("web-a", "web-b", "worker-a", "worker-b"), share=SHARE) as made:
            yield from _played(made, python, quick)
    except NoNetwork as problem:
        yield Row("network namespaces", "", None, note=str(problem))


def _played(made: list[Host], python: Path, quick: bool) -> Iterator[Row]:
    web_a, web_b, worker_a, worker_b = made
    with ExitStack() as running, in_the_middle(python) as told:
        world = make_world()
        first = running.enter_context(worker_host(worker_a.unlimited(), told, has_beat=False))
        run = world.train()
        if not has_begun(run):
            raise RuntimeError(f"no worker takes a training run\n{first.logs()}")
        trained = finished(run)
        webs = [running.enter_context(web_host(host, told)) for host in (web_a, web_b)]
        world.automate()
        sender = world.sender()
        yield from _shared(trained.release, webs[1], sender)
        yield from _saved_once(webs)
        yield from _paces(sender, (web_a, web_b), quick)
        yield from _cut_off(sender, webs, quick)
        yield from _killed(sender, webs, quick)
        second = running.enter_context(worker_host(worker_b.unlimited(), told, has_beat=True))
        yield from _cut_off_in_training(world, first, second)


def _shared(release: Release | None, web: Machine, sender: Sender) -> list[Row]:
    """Ask the second web host, on whose disk no model is, for cases."""
    answers = [one_case(sender, web.host, number) for number in range(ASKED)]
    by_it = sum(
        one["decision"]["route"] == "auto" and one["decision"]["release"] == (release and release.name)
        for one in answers
        if one["decision"]
    )
    there = sum(path.is_file() for path in (web.data / "artifacts").rglob("*"))
    return [
        Row("decided on web host B by the model that worker host A made", "%", 100 * by_it / ASKED,
            bar=60, more_is_better=True),
        Row("  models on its own disk", "files", float(there), bar=0),
    ]  # fmt: skip


def _saved_once(webs: Sequence[Machine]) -> list[Row]:
    """Save the same model from several processes of two machines at the same moment."""
    before = _versions()
    moment = str(time.time() + 25)  # they are all up by then
    command = [sys.executable, "-m", "bench._scale_saver", str(SAVERS), moment, str(SAVED_BYTES)]
    started = [web.starts("saver", command) for web in webs]
    failed = sum(process.wait(120) != 0 for process in started)
    after = _versions()
    return [
        Row(f"{SAVERS * len(webs)} processes of two hosts save the same model: objects", "objects",
            float(len(after) - len(before)), bar=1),
        Row("  times that it was written", "writes",
            float(sum(after.values()) - sum(before.values())), bar=1),
        Row("  processes that failed", "processes", float(failed), bar=0),
    ]  # fmt: skip


def _versions() -> dict[str, int]:
    """Return how often each model was written, by key."""
    client = storages["artifacts"].connection.meta.client  # type: ignore[attr-defined]
    found: dict[str, int] = {}
    for one in client.list_object_versions(Bucket=BUCKET, Prefix="scale/artifacts/").get("Versions", []):
        found[one["Key"]] = found.get(one["Key"], 0) + 1
    return found


def _paces(sender: Sender, both: Sequence[Host], quick: bool) -> list[Row]:
    """Measure one host and both in turn, so that a busy moment of the machine meets both."""
    seconds, turns = (4.0, 2) if quick else (10.0, 4)
    pace(sender, both, seconds=2.0)  # caches are warm
    one, two = [], []
    for _ in range(turns):
        one.append(pace(sender, both[:1], seconds=seconds))
        two.append(pace(sender, both, seconds=seconds))
    limited = bool(both[0].tasks)
    share = (
        f"a host has {SHARE:.0%} of a core" if limited else "hosts share the cores, so the bar is not held"
    )
    return [
        ratio("cases a second by two web hosts, of one", two, one,
              bar=MIN_GAIN if limited else None, more_is_better=True, note=share),
        from_runs("  by one web host", "cases/s", one),
        from_runs("  by two", "cases/s", two),
    ]  # fmt: skip


def _cut_off(sender: Sender, webs: Sequence[Machine], quick: bool) -> list[Row]:
    """Pull the cable of web host A while cases come in, and put it back."""
    away = webs[0].host
    with calling(sender, [web.host for web in webs], "cut") as seen:
        time.sleep(3)
        since = time.monotonic()
        away.cut_off()
        time.sleep(10 if quick else 40)
        away.plug_in()
        back = time.monotonic()
        wait_until(lambda: is_ready(away), seconds=60, every=0.1)
        back = time.monotonic() - back
        time.sleep(5)
    return [
        *seen.rows("a web host cut off from everything", since),
        Row("  until it is ready again, once plugged in", "s", back),
    ]


def _killed(sender: Sender, webs: Sequence[Machine], quick: bool) -> list[Row]:
    """Kill every process of web host B at once while cases come in."""
    with calling(sender, [web.host for web in webs], "kill") as seen:
        time.sleep(3)
        since = time.monotonic()
        webs[1].kill()
        time.sleep(8 if quick else 30)
    return seen.rows("every process of a web host killed", since)


def _cut_off_in_training(world: World, first: Machine, second: Machine) -> list[Row]:
    """Pull the cable of worker host A once it has taken a training run; worker host B has to notice."""
    with second.held("worker-long"):  # so that the first one takes it
        world.label(300)
        run = world.train()
        if not has_begun(run):
            raise RuntimeError("nobody took the training run")
        since = time.monotonic()
        first.host.cut_off()
    has_noticed = wait_until(lambda: sessions_from(first.host.address) == 0, seconds=120, every=0.25)
    noticed = time.monotonic() - since if has_noticed else None
    done = finished(run)
    recovered = time.monotonic() - since
    first.host.plug_in()
    time.sleep(20)  # what it still believes in comes to light
    made = Release.objects.filter(workflow_id=world.workflow.pk).count()
    after = TrainingRun.objects.get(pk=run.pk)
    alone = seconds_between(done.started_at, done.finished_at)
    note = f"attempt {done.attempts}, which took {alone or 0:.0f} s by itself"
    changed = (after.attempts, after.release_id, after.status) != (
        done.attempts,
        done.release_id,
        done.status,
    )
    lost = float(done.release is None)
    return [
        Row("a worker host cut off while it trains: runs lost", "runs", lost, bar=0, note=note),
        Row("  models made of this run", "models", float(made - 1), bar=1),
        Row("  changes by the host that came back", "changes", float(changed), bar=0),
        Row("  until the other host had made the model", "s", recovered),
        Row("  until the database had ended its sessions", "s", noticed),
    ]
