"""How a peer's script answers: a line of JSON for each line of JSON. Run by the peers' interpreter."""

import json
import sys
from collections.abc import Callable
from typing import Any


def answer(reply: Callable[..., Any]) -> None:
    """Answer every question with what `reply` makes of its parts, until there are no more.

    What libraries print goes to stderr, so that it is never taken for an answer.
    """
    out, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        out.write(json.dumps(reply(**json.loads(line))) + "\n")
        out.flush()
