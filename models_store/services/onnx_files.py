"""ONNX files that were uploaded: kept as models are, and run by workers in processes of their own.

No process of the service loads ONNX Runtime. For each batch a worker starts `models_store/onnx_child.py` with
the interpreter that `manage.py onnx` made: what a file does to that process ends with it (ADR 0090).
"""

import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop

from hitl.shared.words import Words, figure
from models_store import artifacts, onnx_child
from models_store.artifacts import Stored
from models_store.doors import DoorFault
from models_store.errors import ArtifactRefused
from models_store.models import Source
from science.decision_terms import Reason

MAX_BYTES = 20 * 1024**2
PURPOSE = "onnx"  # signed for this: it can be taken for no model of the service's own
_REFUSED = {
    "operators": gettext_noop("it asks for operators of %(domain)s; only those of ONNX are run"),
    "outside": gettext_noop("its weights are in another file; save it with them inside"),
    "inputs": gettext_noop(
        "its inputs are %(names)s, the fields are %(fields)s: give it an input for each field"
    ),
    "type": gettext_noop("its input %(name)s takes %(type)s, which is not what the field holds"),
    "fraction": gettext_noop("its input %(name)s takes %(type)s, and a case holds a fraction"),
    "batch": gettext_noop("it takes batches of %(n)s alone; export it with a free first dimension"),
    "output": gettext_noop("it has no output %(wanted)s; it has %(names)s"),
    "outputs": gettext_noop("none of its outputs holds probabilities: %(names)s"),
    "labels": gettext_noop("its output has more than %(most)s labels"),
    "shape": gettext_noop("its output has the shape %(shape)s, not a row for each of %(n)s cases"),
    "locale": gettext_noop(
        "it needs the locale %(name)s, which this machine lacks: convert it with locale C.UTF-8"
    ),
}
"""Why a file is not run, by the code that `onnx_child` gives."""
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}


def signed(data: bytes) -> Stored:
    """Return what a row would say of a file, without storing it."""
    return artifacts.signed(data, PURPOSE)


def keep(data: bytes) -> None:
    """Store a file under its hash.

    Raises:
        ArtifactNotStored: the store is full or out of reach.
    """
    artifacts.store(data, PURPOSE)


def run(source: Source, question: dict[str, Any]) -> tuple[Any, float]:
    """Run the file of a source on a batch; return its answer, and how many ms it took.

    Raises:
        DoorFault: there is nothing to run it with, or it cannot be run; it says why.
    """
    python = Path(settings.ONNX_PYTHON)
    if not python.exists():
        words = Words("this worker has nothing to run it with: python3 manage.py onnx")
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
    if "refused" in answer or "failed" in answer:
        raise DoorFault(Reason.SOURCE_REFUSED, _why(answer))
    return answer, (time.monotonic() - began) * 1000


def _why(answer: dict[str, Any]) -> str:
    """Say why the file was not run: whoever made the file may have made the answer, too."""
    given = answer.get("values")
    values = {
        name: value if isinstance(value, int) else str(value)[:200]
        for name, value in (given if isinstance(given, dict) else {}).items()
    }
    try:
        return Words(_REFUSED[answer["refused"]], **values)
    except (KeyError, TypeError):
        return str(answer.get("failed", ""))[:300] or Words("it gave no answer that can be read")


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
            raise DoorFault(
                Reason.SOURCE_TIMEOUT, Words("no answer within %(seconds)s s", seconds=figure(seconds))
            ) from None
    if done.returncode:
        words = Words(
            "the process that ran it ended with %(code)s: it crashed, or took more than %(memory)s GiB or "
            "%(seconds)s s of CPU",
            code=str(done.returncode),
            memory=figure(onnx_child.MAX_MEMORY / 1024**3),
            seconds=figure(seconds),
        )
        raise DoorFault(Reason.SOURCE_FAILED, words)
