"""Run an ONNX file on a batch of cases: `python -I onnx_child.py FILE < question`, one answer on stdout.

Workers start it with the interpreter that `manage.py onnx` made, without anything of the service in reach: no
package, no environment, no open file. Whoever made the file decides what is computed, so memory and time are
bounded first, and the file is read for what it refers to before it is run.

The question is `{"columns": {field: values}, "numbers": fields, "output": name or null, "seconds": of CPU}`.
The answer is `{"predictions": a row for each case}`, null for one that lacks a number, or `{"refused": why}`.
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
NUMPY = {"float": "float32", "double": "float64", "int64": "int64", "int32": "int32", "bool": "bool"}


class RefusedError(Exception):
    """The file is not run, or not on these cases; the message says why."""


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
        words = str(why) if isinstance(why, RefusedError) else f"{type(why).__name__}: {why}"
        _, is_about_locale, name = words.partition("Failed to construct locale with name:")
        if is_about_locale:
            name = name.partition(":")[0]
            words = f"it needs the locale {name}, which this machine lacks: convert it with locale C.UTF-8"
        answer = {"refused": " ".join(words.split())[-300:]}
    json.dump(answer, sys.stdout)


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
        raise RefusedError(f"it asks for operators of {foreign[0][:60]!r}; only those of ONNX are run")
    for tensor in tensors_of(model):
        if tensor.data_location == tensor.EXTERNAL or tensor.external_data:
            raise RefusedError("its weights are in another file; save it with them inside")


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
        fields = ", ".join(columns)
        raise RefusedError(
            f"its inputs are {names}, the fields are {fields}: give it an input for each field"
        )
    (one,) = inputs
    return {one.name: np.ascontiguousarray(array(one, list(columns.values())))}


def array(wanted: Any, columns: list[list[Any]]) -> Any:
    """Return columns side by side, as an input wants them."""
    import numpy as np

    kind = wanted.type.removeprefix("tensor(").removesuffix(")")
    is_text = any(isinstance(value, str) for column in columns for value in column)
    if is_text != (kind == "string") or kind not in {*NUMPY, "string"}:
        raise RefusedError(f"its input {wanted.name} takes {wanted.type}, which is not what the field holds")
    values = np.array(columns, dtype=object if is_text else np.float64).T
    if not is_text:
        typed = values.astype(NUMPY[kind])
        if kind not in ("float", "double") and (typed != values).any():
            raise RefusedError(f"its input {wanted.name} takes {wanted.type}, and a case holds a fraction")
        values = typed
    shape = wanted.shape
    if shape and isinstance(shape[0], int) and shape[0] != len(values):
        raise RefusedError(f"it takes batches of {shape[0]} alone; export it with a free first dimension")
    return values[:, 0] if len(shape) == 1 else values


def output_of(session: Any, wanted: str | None) -> str:
    """Return the name of the output that holds probabilities: the one that is told, else the likeliest."""
    outputs = {one.name: one.type for one in session.get_outputs()}
    if wanted:
        if wanted not in outputs:
            raise RefusedError(f"it has no output {wanted[:60]!r}; it has {', '.join(outputs)}")
        return wanted
    for name, kind in outputs.items():
        if kind in ("tensor(float)", "tensor(double)") or kind.startswith("seq(map("):
            return str(name)
    raise RefusedError(f"none of its outputs holds probabilities: {', '.join(outputs)}")


def rows_of(found: Any, n: int) -> list[Any]:
    """Return an output as rows: a list, or an object by label where the file names them."""
    if len(found) == n and n and len(found[0] if isinstance(found, list) else found.T) > MAX_LABELS:
        raise RefusedError(f"its output has more than {MAX_LABELS:,} labels")
    if isinstance(found, list):
        return [{str(label): float(p) for label, p in row.items()} for row in found]
    if found.ndim != 2 or len(found) != n:
        raise RefusedError(f"its output has the shape {list(found.shape)}, not a row for each of {n} cases")
    rows: list[Any] = found.astype("float64").tolist()
    return rows


if __name__ == "__main__":
    main()
