"""An ONNX file that a worker runs: the fields as columns, and a row of its output for each case."""

from collections.abc import Sequence
from typing import Any

from models_store.doors.types import Call, Content, DoorFault, Heard, Options, by_class, rows_of, sent
from science.decision_terms import Reason


def calls(options: Options, contents: Sequence[Content]) -> list[Call]:
    """One question, a column for each field."""
    numbers = set(options["numbers"])
    columns = {
        name: [sent(content.get(name), name in numbers) for content in contents] for name in options["fields"]
    }
    return [Call({"columns": columns, "numbers": options["numbers"], "output": options.get("output")})]


def read(options: Options, replies: Sequence[Any], n: int) -> Heard:
    """Read the rows. A case that lacks a number was not run: what it would say might look like a score."""
    (reply,) = replies
    if not isinstance(reply, dict):
        raise DoorFault(Reason.SOURCE_UNREADABLE, "the answer has no predictions")
    rows = rows_of(reply.get("predictions"), n)
    return Heard([Reason.UNFIT_INPUT if row is None else by_class(options, row) for row in rows])
