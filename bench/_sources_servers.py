"""The real servers of `bench sources`, each in an environment of its own, on loopback."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.test import override_settings

from bench._sources_world import Examples
from hitl.bench.peers import FOLDER, Group, interpreter, peer
from hitl.bench.stage import serving
from hitl.runtime.environment import ROOT, python_of
from hitl.runtime.installers import set_up
from hitl.runtime.ports import LOOPBACK, free_port
from hitl.runtime.supervisor import Program

READY_SECONDS = 240.0  # both import for a minute on a busy machine


@dataclass(frozen=True, slots=True)
class Server:
    """Where a model is asked, and what has to be told about it."""

    name: str
    door: str
    address: str
    version: str
    options: dict[str, Any] = field(default_factory=dict)
    file: bytes = b""


@contextmanager
def mlserver(examples: Examples, folder: Path) -> Iterator[Server | None]:
    """Train and serve by MLServer; None where it is not installed."""
    classes = _trained(Group.MLSERVER, "mlserver", examples, folder)
    if classes is None:
        yield None
        return
    port = free_port()
    settings = {"host": LOOPBACK, "http_port": port, "grpc_port": free_port(), "metrics_port": free_port()}
    (folder / "settings.json").write_text(json.dumps(settings | {"parallel_workers": 0}))
    program = _program(Group.MLSERVER, "mlserver", ["mlserver", "start", str(folder)], folder)
    with serving(program, port, "/v2/models/bench/ready", READY_SECONDS):
        options = {"classes": classes} | ({"input": "text"} if examples.name == "mail" else {})
        yield Server("MLServer", "oip", f"http://{LOOPBACK}:{port}/v2/models/bench/infer", "1", options)


@contextmanager
def mlflow(examples: Examples, folder: Path) -> Iterator[Server | None]:
    """Train and serve by MLflow; None where it is not installed."""
    classes = _trained(Group.MLFLOW, "mlflow", examples, folder)
    if classes is None:
        yield None
        return
    port = free_port()
    command = ["mlflow", "models", "serve", "-m", str(folder / "model"), "--env-manager", "local"]
    command += ["--host", LOOPBACK, "--port", str(port), "--workers", "1"]
    with serving(_program(Group.MLFLOW, "mlflow", command, folder), port, "/ping", READY_SECONDS):
        yield Server("MLflow", "mlflow", f"http://{LOOPBACK}:{port}/invocations", "1", {"classes": classes})


@contextmanager
def onnx(examples: Examples, folder: Path) -> Iterator[Server | None]:
    """Train and convert to an ONNX file, which workers run; None where the converter is not installed."""
    classes = _trained(Group.MLSERVER, "onnx", examples, folder)
    if classes is None:
        yield None
        return
    file = (folder / "model.onnx").read_bytes()
    yield Server("ONNX file", "onnx", "", "1", {"classes": classes}, file)


@contextmanager
def onnx_runtime() -> Iterator[None]:
    """Let this process and those that it starts have what `manage.py onnx` installs."""
    environment = FOLDER / "onnx"
    set_up(ROOT / "requirements-onnx.txt", environment)
    os.environ["HITL_ONNX_PYTHON"] = str(python_of(environment))
    with override_settings(ONNX_PYTHON=os.environ["HITL_ONNX_PYTHON"]):
        yield


def _trained(group: Group, server: str, examples: Examples, folder: Path) -> list[str] | None:
    with peer(group, "_sources_script") as asked:
        if asked is None:
            return None
        rows = [one.content for one in examples.learn]
        labels = [one.truth for one in examples.learn]
        told = asked.ask(
            server=server, folder=str(folder), numbers=examples.numbers, rows=rows, labels=labels
        )
    classes: list[str] = told["classes"]
    return classes


def _program(group: Group, name: str, command: list[str], folder: Path) -> Program:
    python = interpreter(group)
    if python is None:
        raise RuntimeError(f"{group.value} was there a moment ago")
    own = {
        "PATH": f"{python.parent}:{os.environ['PATH']}",
        "PYTHONPATH": "",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    return Program(name, [str(python.parent / command[0]), *command[1:]], folder, folder, environment=own)
