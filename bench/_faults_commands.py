"""End every command in its phases, politely and not: does anything of it live on?"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from hitl.bench.rows import Row
from hitl.runtime.paths import MANAGE, ROOT
from hitl.runtime.processes import is_alive

MARK = "HITL_FAULTS_RUN"
GIVEN = ("DATABASE_URL", "REDIS_URL", "HITL_SECRET_KEY", "HITL_BENCH_POSTGRES_PID")
LEAVE_SECONDS = 20.0


def commands(quick: bool) -> list[Row]:
    """Return how many processes of each command outlived it, how long that took, and how many tracebacks."""
    phases = (1.0, 6.0) if quick else (0.3, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
    rows = []
    with tempfile.TemporaryDirectory(prefix="hitl-faults-") as name:
        folder = Path(name)
        history = folder / "loans.csv"
        rows_of_it = "".join(f"{n},{'paid' if n % 3 else 'lost'}\n" for n in range(300))
        history.write_text("amount,label\n" + rows_of_it)
        for words in (
            ["up"],
            ["up", "--from", str(history)],
            ["demo"],
            ["simulate", str(history)],
            ["bench", "intake", "--quick"],
            ["test", "tests/integration/test_prepared.py", "-q"],
        ):
            left, waits, tracebacks = 0, [], 0
            for number, seconds in enumerate(phases):
                for how in (signal.SIGTERM, signal.SIGKILL, signal.SIGINT):
                    data = folder / f"{words[0]}-{number}-{how.name}"
                    outlived, waited, said = _end(words, data, seconds, how)
                    left += outlived
                    waits.append(waited)
                    tracebacks += "Traceback" in said
            said = f"{len(phases)} phases x 3 signals"
            shown = " ".join(word if "/" not in word else Path(word).name for word in words)
            rows += [
                Row(f"`{shown}` ended: processes left", "processes", float(left), bar=0, note=said),
                Row("  the last of them was gone after", "s", max(waits)),
                Row("  tracebacks", "endings", float(tracebacks), bar=0),
            ]
    return rows


def _end(words: list[str], data: Path, seconds: float, how: signal.Signals) -> tuple[int, float, str]:
    """Return how many processes outlived it, how long the last took to go, and what was said."""
    mark = f"{os.getpid()}-{time.monotonic_ns()}"
    environment = {name: value for name, value in os.environ.items() if name not in GIVEN}
    environment |= {MARK: mark, "HITL_DATA_DIR": str(data)}
    log = data.with_suffix(".log")
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, str(MANAGE), *words], cwd=ROOT, env=environment,
            stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )  # fmt: skip
    family: dict[int, psutil.Process] = {}
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        _note(process.pid, family)
        time.sleep(0.05)
    _note(process.pid, family)
    process.send_signal(how)
    asked = time.monotonic()
    if words[0] == "test":  # a narrow run keeps its servers for the next one, ten minutes or until it is told
        process.wait(LEAVE_SECONDS)
        stop = [sys.executable, str(MANAGE), "test", "--stop"]
        subprocess.run(stop, cwd=ROOT, env=environment, capture_output=True, check=True)
    while time.monotonic() - asked < LEAVE_SECONDS:
        process.poll()
        alive = [each for each in {**family, **_marked(mark)}.values() if is_alive(each)]
        if not alive:
            break
        time.sleep(0.1)
    waited = time.monotonic() - asked
    for each in alive:
        each.kill()
    process.wait()
    return len(alive), waited, log.read_text(errors="replace")


def _note(pid: int, family: dict[int, psutil.Process]) -> None:
    try:
        root = psutil.Process(pid)
        family[pid] = root
        family.update({each.pid: each for each in root.children(recursive=True)})
    except psutil.NoSuchProcess:
        pass


def _marked(mark: str) -> dict[int, psutil.Process]:
    found = {}
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark:
                found[process.pid] = process
        except (psutil.Error, OSError):
            continue
    return found
