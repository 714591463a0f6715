"""Whether cases come in as quickly while the server of the model elsewhere that is to be asked hangs."""

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import numpy as np
import orjson

from bench import _sources_stubs as stubs
from bench._sources_doors import make_workflow, register, swept
from bench._sources_world import mails
from bench._wire import Wire
from hitl.bench.rows import Row, from_runs, ratio
from hitl.bench.stage import Web
from models_store.models import Source
from science.decision_terms import Reason

BLOCK = 200


def rows(web: Web, blocks: int) -> Iterator[Row]:
    """Send cases one by one, in turns, to a workflow whose server hangs and to one that asks nobody."""
    examples, hangs = mails(BLOCK), Event()
    with stubs.template(examples, Path(), hangs) as server, swept():
        asking = register(server, examples, web, "hanging")
        plain, key = make_workflow("plain", examples)
        hangs.set()
        pairs = [(asking.workflow.slug, asking.key), (plain.slug, key)]
        times: list[list[float]] = [[], []]
        for _ in range(blocks):
            wire = Wire(web.host, web.port)  # a front ends a connection after a thousand requests
            seconds: list[list[float]] = [[], []]
            for one in examples.cases:
                body = orjson.dumps({"content": one.content})
                for (slug, own), kept in zip(pairs, seconds, strict=True):
                    headers = {"Authorization": f"Bearer {own}", "Content-Type": "application/json"}
                    request = wire.prepare("POST", f"/api/v1/workflows/{slug}/cases", body, headers)
                    began = time.perf_counter()
                    status, said = wire.send(request)
                    kept.append(time.perf_counter() - began)
                    if status != 201:
                        raise RuntimeError(f"{status}: {said[:300]!r}")
            for kept, all_of_them in zip(seconds, times, strict=True):
                all_of_them.append(float(np.quantile(kept, 0.99) * 1e3))
            wire.close()
        waits = asking.source.scores.filter(unusable=Reason.SCORING).count()
        trouble = Source.objects.values_list("trouble_words", flat=True).get(pk=asking.source.pk)
        hangs.clear()
    note = f"{BLOCK} cases a block; {waits:,} wait for the server: {trouble or 'it is being asked'}"
    yield ratio(
        "a case comes in while its server hangs, p99, over one that nobody is asked about", *times, note=note
    )
    yield from_runs("  a case comes in while its server hangs, p99", "ms", times[0])
    yield from_runs("  floor: a case that nobody is asked about, p99", "ms", times[1])
