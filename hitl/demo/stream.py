"""Send the demo's cases through the REST API, at their pace, until somebody stops it."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from hitl.demo.client import ApiClient, Unexpected
from hitl.demo.elsewhere import scores_of
from hitl.demo.worlds import Example, SpamMail, World

PAUSE_SECONDS = 3.0  # after the service did not answer


@dataclass
class _Source:
    world: World
    arrivals: Iterator[Example]
    next_at: float


def stream(
    client: ApiClient,
    worlds: Sequence[World],
    *,
    run: str,
    speed: float = 1.0,
    say: Callable[[str], None] = print,
    most: int | None = None,
) -> int:
    """Submit cases of every world in turn, irregularly as real ones come; return how many.

    `run` keeps the references of one start apart from those of another. A service that does not answer is
    waited for; nothing is skipped.
    """
    dice = random.Random()  # noqa: S311 - when a case comes is no secret
    started = time.monotonic()
    sources = [_Source(world, iter(world.arrivals()), started) for world in worlds]
    sent = 0
    while most is None or sent < most:
        source = min(sources, key=lambda s: s.next_at)
        time.sleep(max(0.0, source.next_at - time.monotonic()))
        example = next(source.arrivals)
        _submit(client, source.world, example, reference=f"{example.reference}/{run}", say=say)
        sent += 1
        per_second = source.world.cases_per_minute * speed / 60
        source.next_at = max(source.next_at, time.monotonic() - 5) + dice.expovariate(per_second)
    return sent


def _submit(
    client: ApiClient, world: World, example: Example, *, reference: str, say: Callable[[str], None]
) -> None:
    scores = scores_of(example) if world.slug == SpamMail.slug else None
    while True:
        try:
            client.submit(world.slug, example, reference=reference, scores=scores)
            return
        except Unexpected as refusal:
            if refusal.status == HTTPStatus.CONFLICT:
                return  # it was taken in, only the answer was lost
            say(str(refusal))
        except OSError as error:
            say(f"The service does not answer ({error}); trying again.")
        time.sleep(PAUSE_SECONDS)
