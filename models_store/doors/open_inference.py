"""Open Inference Protocol v2 (`POST /v2/models/NAME[/versions/V]/infer`): MLServer, Triton, KServe.

Probabilities are asked for by name, since the default output of scikit-learn's server is the label. Data are
flat and row-major. The order of the classes appears nowhere in the protocol: it is declared.
"""

from collections.abc import Sequence
from typing import Any

from hitl.shared.words import Words
from models_store.doors.types import Call, Content, DoorFault, Heard, Options, by_class, rows_of, sent
from science.decision_terms import Reason

OUTPUT = "predict_proba"


def calls(options: Options, contents: Sequence[Content]) -> list[Call]:
    """Return one request: all fields in the named input, else one input per field, as a data frame."""
    fields, numbers, n = options["fields"], set(options.get("numbers", ())), len(contents)
    columns = {name: [sent(content.get(name), name in numbers) for content in contents] for name in fields}
    body: dict[str, Any] = {}
    if not options.get("input"):
        body["parameters"] = {"content_type": "pd"}  # without it MLServer takes several inputs for a fault
        body["inputs"] = [_input(name, [n], column, name in numbers) for name, column in columns.items()]
    elif numbers.issuperset(fields):
        rows = [value for row in zip(*columns.values(), strict=True) for value in row]
        body["inputs"] = [_input(options["input"], [n, len(fields)], rows, True)]
    else:
        (column,) = columns.values()
        body["inputs"] = [_input(options["input"], [n], column, False)]
    return [Call(body | {"outputs": [{"name": options.get("output") or OUTPUT}]})]


def _input(name: str, shape: list[int], data: list[Any], is_number: bool) -> dict[str, Any]:
    if is_number:
        return {"name": name, "shape": shape, "datatype": "FP64", "data": data}
    parameters = {"content_type": "str"}
    return {"name": name, "shape": shape, "datatype": "BYTES", "parameters": parameters, "data": data}


def read(options: Options, replies: Sequence[Any], n: int) -> Heard:
    """Cut the flat output into a row for each case."""
    (reply,) = replies
    outputs = reply.get("outputs") if isinstance(reply, dict) else None
    wanted = options.get("output") or OUTPUT
    found = next((one for one in outputs or [] if isinstance(one, dict) and one.get("name") == wanted), None)
    if found is None:
        raise DoorFault(
            Reason.SOURCE_UNREADABLE, Words("the answer has no output “%(output)s”", output=wanted)
        )
    data, width = found.get("data"), len(options["classes"])
    if isinstance(data, list) and data and isinstance(data[0], list):
        rows = data  # nested, as the protocol allows
    elif isinstance(data, list) and len(data) % width == 0:
        rows = [data[i : i + width] for i in range(0, len(data), width)]
    else:
        raise DoorFault(
            Reason.SOURCE_UNREADABLE, Words("the output does not divide into rows of %(width)s", width=width)
        )
    version = reply.get("model_version")
    return Heard([by_class(options, row) for row in rows_of(rows, n)], {version} if version else set())
