"""Any server that takes and gives JSON: a template says where the cases go, paths say where the answers are.

The text `{{cases}}` in the template stands for the list of contents. A path is a name for each level, with
dots between: `result.scores`.
"""

from collections.abc import Sequence
from typing import Any

from hitl.shared.words import Words
from models_store.doors.types import Call, Content, DoorFault, Heard, Options, by_class, rows_of
from science.decision_terms import Reason

CASES = "{{cases}}"


def calls(options: Options, contents: Sequence[Content]) -> list[Call]:
    """Fill the template; each case is an object of the workflow's fields."""
    fields = options["fields"]
    cases = [{name: content.get(name) for name in fields} for content in contents]
    return [Call(_filled(options["template"], cases))]


def _filled(part: Any, cases: list[dict[str, Any]]) -> Any:
    if part == CASES:
        return cases
    if isinstance(part, dict):
        return {name: _filled(value, cases) for name, value in part.items()}
    return [_filled(value, cases) for value in part] if isinstance(part, list) else part


def read(options: Options, replies: Sequence[Any], n: int) -> Heard:
    """Follow the paths."""
    (reply,) = replies
    rows = rows_of(_at(reply, options["predictions"]), n)
    version = _at(reply, options["version_at"]) if options.get("version_at") else None
    named = {str(version)} if options.get("version_at") else set()
    return Heard([by_class(options, row) for row in rows], named)


def _at(reply: Any, path: str) -> Any:
    for name in filter(None, path.split(".")):
        if not isinstance(reply, dict) or name not in reply:
            raise DoorFault(
                Reason.SOURCE_UNREADABLE, Words("the answer has nothing at “%(path)s”", path=path)
            )
        reply = reply[name]
    return reply
