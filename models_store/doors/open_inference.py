"""Open Inference Protocol v2 (`POST /v2/models/NAME[/versions/V]/infer`): MLServer, Triton, KServe.

Probabilities are asked for by name, since the default output of scikit-learn's server is the label. Data are
flat and row-major. The order of the classes appears nowhere in the protocol: it is declared.
"""

from collections.abc import Sequence
from typing import Any

from models_store.doors.types import Call, Content, DoorFault, Heard, Options, by_class, rows_of
from science.decision_terms import Reason

OUTPUT = "predict_proba"


def calls(options: Options, contents: Sequence[Content]) -> list[Call]:
    """One request: one matrix where all fields are numbers, else an input of its own for each field."""
    fields = options["fields"]
    columns: dict[str, list[Any]] = {name: [content.get(name) for content in contents] for name in fields}
    if all(_is_number(value) for column in columns.values() for value in column):
        data = [1.0 * columns[name][i] for i in range(len(contents)) for name in fields]
        shape = [len(contents), len(fields)]
        name = options.get("input") or "predict"
        inputs: list[dict[str, Any]] = [{"name": name, "shape": shape, "datatype": "FP64", "data": data}]
    else:
        inputs = [_column(options, name, column) for name, column in columns.items()]
    return [Call({"inputs": inputs, "outputs": [{"name": options.get("output") or OUTPUT}]})]


def _column(options: Options, name: str, column: list[Any]) -> dict[str, Any]:
    shape = [len(column)]
    if len(options["fields"]) == 1 and options.get("input"):
        name = options["input"]
    if all(_is_number(value) for value in column):
        return {"name": name, "shape": shape, "datatype": "FP64", "data": [1.0 * value for value in column]}
    texts = ["" if value is None else str(value) for value in column]
    parameters = {"content_type": "str"}
    return {"name": name, "shape": shape, "datatype": "BYTES", "parameters": parameters, "data": texts}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def read(options: Options, replies: Sequence[Any], n: int) -> Heard:
    """Cut the flat output into a row for each case."""
    (reply,) = replies
    outputs = reply.get("outputs") if isinstance(reply, dict) else None
    wanted = options.get("output") or OUTPUT
    found = next((one for one in outputs or [] if isinstance(one, dict) and one.get("name") == wanted), None)
    if found is None:
        raise DoorFault(Reason.SOURCE_UNREADABLE, f"the answer has no output “{wanted}”")
    data, width = found.get("data"), len(options["classes"])
    if isinstance(data, list) and data and isinstance(data[0], list):
        rows = data  # nested, as the protocol allows
    elif isinstance(data, list) and len(data) % width == 0:
        rows = [data[i : i + width] for i in range(0, len(data), width)]
    else:
        raise DoorFault(Reason.SOURCE_UNREADABLE, f"the output does not divide into rows of {width}")
    version = reply.get("model_version")
    return Heard([by_class(options, row) for row in rows_of(rows, n)], {version} if version else set())
