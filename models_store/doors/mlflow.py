"""MLflow's scoring server (`POST /invocations`): a data frame out, predictions back. It names no version."""

from collections.abc import Sequence
from typing import Any

from models_store.doors.types import Call, Content, DoorFault, Heard, Options, by_class, rows_of
from science.decision_terms import Reason


def calls(options: Options, contents: Sequence[Content]) -> list[Call]:
    """One frame, a column for each field."""
    fields = options["fields"]
    data = [[content.get(name) for name in fields] for content in contents]
    return [Call({"dataframe_split": {"columns": list(fields), "data": data}})]


def read(options: Options, replies: Sequence[Any], n: int) -> Heard:
    """Read rows of probabilities, or objects by label."""
    (reply,) = replies
    if not isinstance(reply, dict) or "predictions" not in reply:
        raise DoorFault(Reason.SOURCE_UNREADABLE, "the answer has no predictions")
    return Heard([by_class(options, row) for row in rows_of(reply["predictions"], n)])
