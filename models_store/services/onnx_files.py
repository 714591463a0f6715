"""ONNX files that were uploaded: kept as models are, and run by workers in processes of their own.

No process of the service loads ONNX Runtime. For each batch a worker starts `models_store/onnx_child.py` with
the interpreter that `manage.py onnx` made: what a file does to that process ends with it.
"""

import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from django.conf import settings

from models_store import artifacts, onnx_child
from models_store.artifacts import Stored
from models_store.doors import DoorFault
from models_store.errors import ArtifactRefused
from models_store.models import Source
from science.decision_terms import Reason

MAX_BYTES = 20 * 1024**2
PURPOSE = "onnx"  # signed for this: it can be taken for no model of the service's own
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}


def keep(data: bytes) -> Stored:
    """Store a file under its hash, and sign it."""
    return artifacts.store(data, PURPOSE)


def run(source: Source, question: dict[str, Any]) -> tuple[Any, float]:
    """Run the file of a source on a batch; return its answer, and how many ms it took.

    Raises:
        DoorFault: there is nothing to run it with, or it cannot be run; it says why.
    """
    python = Path(settings.ONNX_PYTHON)
    if not python.exists():
        words = "this worker has nothing to run it with: python3 manage.py onnx"
        raise DoorFault(Reason.SOURCE_UNREACHABLE, words)
    kept = Stored(source.file_sha256, source.file_bytes, bytes(source.file_signature or b""))
    try:
        model = artifacts.fetch(kept, of=source, purpose=PURPOSE)
    except ArtifactRefused as refused:
        raise DoorFault(Reason.SOURCE_UNREADABLE, refused.message) from None
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "model.onnx").write_bytes(model)
        (folder / "question").write_text(json.dumps(question | {"seconds": source.seconds}))
        _carry_out(python, folder, source.seconds)
        answer = json.loads((folder / "answer").read_bytes())
    if "refused" in answer:
        raise DoorFault(Reason.SOURCE_REFUSED, answer["refused"])
    return answer, (time.monotonic() - began) * 1000


def _carry_out(python: Path, folder: Path, seconds: float) -> None:
    with (folder / "question").open("rb") as question, (folder / "answer").open("wb") as answer:
        try:
            done = subprocess.run(
                [python, "-I", Path(onnx_child.__file__).resolve(), "model.onnx"],
                stdin=question,
                stdout=answer,
                stderr=subprocess.DEVNULL,
                cwd=folder,
                env=ENVIRONMENT,
                timeout=seconds + 1,
            )
        except subprocess.TimeoutExpired:
            raise DoorFault(Reason.SOURCE_TIMEOUT, f"no answer within {seconds:g} s") from None
    if done.returncode:
        most = f"{onnx_child.MAX_MEMORY / 1024**3:g} GiB or {seconds:g} s of CPU"
        words = f"the process that ran it ended with {done.returncode}: it crashed, or took more than {most}"
        raise DoorFault(Reason.SOURCE_FAILED, words)
