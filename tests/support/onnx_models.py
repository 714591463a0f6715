"""ONNX files for tests, written by the interpreter that runs them: `python onnx_models.py FOLDER`."""

import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

ROOT = Path(__file__).resolve().parents[2]


@cache
def onnx_python() -> Path:
    """Return the interpreter that `manage.py onnx` would make, made once for this checkout."""
    from hitl.runtime.environment import python_of
    from hitl.runtime.installers import set_up

    environment = ROOT / ".run" / "onnx-environment"
    set_up(ROOT / "requirements-onnx.txt", environment)
    return python_of(environment)


@cache
def onnx_file(name: str) -> bytes:
    """Return a file of this name, as `_write` makes it."""
    folder = _folder()
    return (folder / f"{name}.onnx").read_bytes()


@cache
def _folder() -> Path:
    folder = Path(mkdtemp(prefix="hitl-onnx-"))
    subprocess.run([onnx_python(), __file__, str(folder)], check=True, cwd=folder)
    return folder


def _write(folder: Path) -> None:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper

    def save(name, nodes, inputs, outputs, initializers=(), domains=()):  # type: ignore[no-untyped-def]
        graph = helper.make_graph(nodes, name, inputs, outputs, initializers)
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
        opsets += [helper.make_opsetid(domain, 1) for domain in domains]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        (folder / f"{name}.onnx").write_bytes(model.SerializeToString())

    floats = TensorProto.FLOAT
    proba = helper.make_tensor_value_info("probabilities", floats, [None, 2])
    two = helper.make_tensor_value_info("x", floats, [None, 2])
    linear = helper.make_node(
        "LinearClassifier",
        ["x"],
        ["label", "probabilities"],
        domain="ai.onnx.ml",
        classlabels_strings=["FINE", "JUNK"],
        coefficients=[-1.0, -2.0, 1.0, 2.0],
        intercepts=[0.0, 0.0],
        post_transform="SOFTMAX",
    )
    label = helper.make_tensor_value_info("label", TensorProto.STRING, [None])
    save("numbers", [linear], [two], [label, proba])

    # A text that ends in "yes" is junk: upper case by a locale, then a comparison of words.
    text = helper.make_tensor_value_info("body", TensorProto.STRING, [None])

    def words(locale: str) -> list[object]:
        return [
            helper.make_node(
                "StringNormalizer", ["body"], ["upper"], case_change_action="UPPER", locale=locale
            ),
            helper.make_node(
                "LabelEncoder",
                ["upper"],
                ["junk"],
                domain="ai.onnx.ml",
                keys_strings=["YES", "NO", "MAYBE"],
                values_floats=[0.98, 0.02, 0.6],
                default_float=0.5,
            ),
            helper.make_node("Sub", ["one", "junk"], ["fine"]),
            helper.make_node("Unsqueeze", ["junk", "axis"], ["junks"]),
            helper.make_node("Unsqueeze", ["fine", "axis"], ["fines"]),
            helper.make_node("Concat", ["fines", "junks"], ["probabilities"], axis=1),
        ]

    known = [
        helper.make_tensor("one", floats, [], [1.0]),
        helper.make_tensor("axis", TensorProto.INT64, [1], [1]),
    ]
    save("text", words("C.UTF-8"), [text], [proba], known)
    save("text_elsewhere", words("xx_XX.UTF-8"), [text], [proba], known)

    foreign = helper.make_node("Anything", ["x"], ["probabilities"], domain="com.example")
    save("foreign", [foreign], [two], [proba], domains=["com.example"])

    weights = helper.make_tensor("w", floats, [2, 2], np.eye(2, dtype="f4").tobytes(), raw=True)
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    entry = weights.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"
    save("outside", [helper.make_node("MatMul", ["x", "w"], ["probabilities"])], [two], [proba], [weights])

    huge = helper.make_tensor("shape", TensorProto.INT64, [2], [1 << 20, 1 << 20])
    save(
        "huge",
        [
            helper.make_node("ConstantOfShape", ["shape"], ["much"]),
            helper.make_node("ReduceSum", ["much"], ["sum"], keepdims=1),
            helper.make_node("Add", ["x", "sum"], ["probabilities"]),
        ],
        [two],
        [proba],
        [huge],
    )

    # A loop that never ends by itself.
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["go_on"]), helper.make_node("Identity", ["y"], ["y_on"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("y", floats, [None, 2]),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("y_on", floats, [None, 2]),
        ],
    )
    most = helper.make_tensor("most", TensorProto.INT64, [], [1 << 60])
    go = helper.make_tensor("go_first", TensorProto.BOOL, [], [True])
    loop = helper.make_node("Loop", ["most", "go_first", "x"], ["probabilities"], body=body)
    save("endless", [loop], [two], [proba], [most, go])
    assert onnx.__version__


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
