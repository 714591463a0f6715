"""Run an ONNX file on a batch of cases: `python -I onnx_child.py FILE < question`, one answer on stdout.

Workers start it with the interpreter that `manage.py onnx` made, without anything of the service in reach: no
package, no environment, no open file. Whoever made the file decides what is computed, so memory and time are
bounded first, and the file is read for what it refers to before it is run (ADR 0090).

The question is `{"columns": {field: values}, "numbers": fields, "output": name or null, "seconds": of CPU}`.
The answer is `{"predictions": a row for each case}`, null for one that lacks a number, or `{"refused": code,
"values": {...}}`, for which `services/onnx_files.py` has a sentence, or `{"failed": in the runtime's words}`.
"""

import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MAX_MEMORY = 2 * 1024**3
MAX_ANSWER = 8 * 1024**2
MAX_LABELS = 1_000
# What ONNX and ONNX Runtime define themselves; text is cut into words by an operator of the latter.
DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft"}
NO_LOCALE = "Failed to construct locale with name:"  # untranslated: the runtime's words
NUMPY = {"float": "float32", "double": "float64", "int64": "int64", "int32": "int32", "bool": "bool"}


class RefusedError(Exception):
    """The file is not run, or not on these cases."""

    def __init__(self, code: str, **values: str | int) -> None:
        super().__init__(code)
        self.code, self.values = code, values


def main() -> None:
    """Answer one question."""
    question = json.load(sys.stdin)
    seconds = int(question["seconds"]) + 1
    for limit, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_FSIZE, MAX_ANSWER),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    try:
        answer: dict[str, Any] = {"predictions": predictions(Path(sys.argv[1]).read_bytes(), question)}
    except Exception as why:  # those of the runtime have no common class; all end this question alone
        answer = said_of(why)
    json.dump(answer, sys.stdout)


def said_of(why: Exception) -> dict[str, Any]:
    """Return what is answered where there are no predictions."""
    if isinstance(why, RefusedError):
        return {"refused": why.code, "values": why.values}
    words = f"{type(why).__name__}: {why}"
    _, is_about_locale, name = words.partition(NO_LOCALE)
    if is_about_locale:
        return {"refused": "locale", "values": {"name": name.partition(":")[0].strip()}}
    return {"failed": " ".join(words.split())[-300:]}


def predictions(model: bytes, question: dict[str, Any]) -> list[Any]:
    """Return a row for each case: probabilities by place, or by label where the file names its labels."""
    import onnx
    import onnxruntime

    check(onnx.load_model_from_string(model))
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    settings.log_severity_level = 4
    session = onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])
    columns, numbers = question["columns"], question["numbers"]
    n = len(next(iter(columns.values())))
    whole = [i for i in range(n) if all(columns[name][i] is not None for name in numbers)]
    if not whole:
        return [None] * n
    asked = {name: [values[i] for i in whole] for name, values in columns.items()}
    output = output_of(session, question["output"])
    rows = rows_of(session.run([output], feed(session, asked, set(numbers)))[0], len(whole))
    found: list[Any] = [None] * n
    for place, row in zip(whole, rows, strict=True):
        found[place] = row
    return found


def check(model: Any) -> None:
    """Refuse what would run code that is not here, or read files."""
    foreign = sorted({one.domain for one in model.opset_import} - DOMAINS)
    for graph in [*graphs_of(model.graph), *model.functions]:
        foreign += sorted({node.domain for node in graph.node} - DOMAINS)
    if foreign:
        raise RefusedError("operators", domain=repr(foreign[0][:60]))
    for tensor in tensors_of(model):
        if tensor.data_location == tensor.EXTERNAL or tensor.external_data:
            raise RefusedError("outside")


def graphs_of(graph: Any) -> Iterator[Any]:
    """Yield a graph and those inside it."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]:
                yield from graphs_of(inner)


def tensors_of(model: Any) -> Iterator[Any]:
    """Yield every tensor that a file holds."""
    for graph in [*graphs_of(model.graph), *model.functions]:
        sparse = [*getattr(graph, "sparse_initializer", ())]
        yield from getattr(graph, "initializer", ())
        for node in graph.node:
            for attribute in node.attribute:
                yield from [*([attribute.t] if attribute.HasField("t") else []), *attribute.tensors]
                sparse += [*([attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else [])]
                sparse += attribute.sparse_tensors
        for one in sparse:
            yield from (one.values, one.indices)


def feed(session: Any, columns: dict[str, list[Any]], numbers: set[str]) -> dict[str, Any]:
    """Return the inputs: one for each field, or all numbers in one, or the one text there is."""
    import numpy as np

    inputs = session.get_inputs()
    names = ", ".join(one.name for one in inputs)
    if {one.name for one in inputs} <= columns.keys():
        return {one.name: array(one, [columns[one.name]]) for one in inputs}
    if len(inputs) != 1 or (len(columns) > 1 and not numbers >= columns.keys()):
        raise RefusedError("inputs", names=names, fields=", ".join(columns))
    (one,) = inputs
    return {one.name: np.ascontiguousarray(array(one, list(columns.values())))}


def array(wanted: Any, columns: list[list[Any]]) -> Any:
    """Return columns side by side, as an input wants them."""
    import numpy as np

    kind = wanted.type.removeprefix("tensor(").removesuffix(")")
    is_text = any(isinstance(value, str) for column in columns for value in column)
    if is_text != (kind == "string") or kind not in {*NUMPY, "string"}:
        raise RefusedError("type", name=wanted.name, type=wanted.type)
    values = np.array(columns, dtype=object if is_text else np.float64).T
    if not is_text:
        typed = values.astype(NUMPY[kind])
        if kind not in ("float", "double") and (typed != values).any():
            raise RefusedError("fraction", name=wanted.name, type=wanted.type)
        values = typed
    shape = wanted.shape
    if shape and isinstance(shape[0], int) and shape[0] != len(values):
        raise RefusedError("batch", n=shape[0])
    return values[:, 0] if len(shape) == 1 else values


def output_of(session: Any, wanted: str | None) -> str:
    """Return the name of the output that holds probabilities: the one that is told, else the likeliest."""
    outputs = {one.name: one.type for one in session.get_outputs()}
    if wanted:
        if wanted not in outputs:
            raise RefusedError("output", wanted=repr(wanted[:60]), names=", ".join(outputs))
        return wanted
    for name, kind in outputs.items():
        if kind in ("tensor(float)", "tensor(double)") or kind.startswith("seq(map("):
            return str(name)
    raise RefusedError("outputs", names=", ".join(outputs))


def rows_of(found: Any, n: int) -> list[Any]:
    """Return an output as rows: a list, or an object by label where the file names them."""
    if len(found) == n and n and len(found[0] if isinstance(found, list) else found.T) > MAX_LABELS:
        raise RefusedError("labels", most=MAX_LABELS)
    if isinstance(found, list):
        return [{str(label): float(p) for label, p in row.items()} for row in found]
    if found.ndim != 2 or len(found) != n:
        raise RefusedError("shape", shape=str(list(found.shape)), n=n)
    rows: list[Any] = found.astype("float64").tolist()
    return rows


if __name__ == "__main__":
    main()
