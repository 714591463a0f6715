"""Run the whole service on one machine until somebody stops it: what `up` and `demo` share."""

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence

import psutil
from django.core.management import call_command
from django.db import connections

from hitl import __version__
from hitl.runtime import programs
from hitl.runtime import services as local
from hitl.runtime.errors import CannotStart
from hitl.runtime.first_run import first_run
from hitl.runtime.healthcheck import answers
from hitl.runtime.logfiles import tail
from hitl.runtime.ports import LOOPBACK, reserve, reserve_first
from hitl.runtime.static_files import collect_if_changed
from hitl.runtime.supervisor import Program, Supervisor

DEFAULT_PORT = 8000
READY_SECONDS = 300  # of a busy machine; what ends again and again is not waited for
START_TRIES = 3
HEALTH = "/health/live"


def say(line: str) -> None:
    """One line on the terminal, at once."""
    print(line, flush=True)


def serve(
    *,
    port: int | None = None,
    prepare: Callable[[], None] | None = None,
    beside: Callable[[str], Sequence[Program]] | None = None,
    meanwhile: Callable[[str], int | None] | None = None,
) -> int:
    """Migrate, start web, worker and beat, say the address, keep them running; the exit code.

    Parameters
    ----------
    port
        Where to listen; it must be free. By default 8000, else the next free one.
    prepare
        Called on the migrated database before anything serves (the demo loads its content).
    beside
        More programs to keep running, given the address.
    meanwhile
        Called in a thread of its own, with the address, once the service answers. When it returns a number,
        everything stops and that is the exit code; None lets the service run on; an exception is shown and
        stops everything with 1.
    """
    ours = local.owned
    if ours is None:
        raise CannotStart("Only `up` and `demo` serve: the data directory is not ours.")
    reserved = reserve(port) if port is not None else None
    if port is not None and reserved is None:
        raise CannotStart(
            f"Port {port} is taken. Name another with --port, or leave it out for the next free one."
        )
    say(f"hitl {__version__}")
    say("Preparing the database and the pages' files")
    call_command("migrate", interactive=False, verbosity=0)
    ours.announce(is_prepared=True)
    os.environ.pop("HITL_OWNER_DATABASE_URL", None)  # what serves is told of the service's role alone
    collect_if_changed()
    if prepare:
        prepare()
    first_run(say)
    connections.close_all()

    reserved = reserved or reserve_first(DEFAULT_PORT)
    port = reserved.port
    address = f"http://{LOOPBACK}:{port}"
    os.environ["HITL_ADDRESS"] = address
    webs = programs.webs_behind_front(ours.data, at=reserved)
    others = [*programs.workers(ours.data), programs.beat(ours.data)]
    supervisor = Supervisor(webs.programs, servers=ours.servers, say=say)
    if webs.front is None:
        say("No nginx here: whoever sends slowly keeps a web process busy. NGINX_BIN names one.")
    supervisor.handle_signals()
    supervisor.start()
    try:
        _wait_until_it_answers(supervisor, webs.webs[0], port)
        if supervisor.exit_code is None:
            ours.announce(address=address)
            seconds = time.time() - psutil.Process().create_time()
            say(f"Ready at {address} after {seconds:.1f} s. Ctrl-C stops everything.")
            say(f"Logs: {ours.data / 'log'}")
            # Only now: each takes a second or two of a core to load, and people wait for the pages.
            for program in [*others, *(beside(address) if beside else ())]:
                supervisor.add(program)
            if meanwhile:
                threading.Thread(
                    target=_meanwhile, args=(meanwhile, address, supervisor), daemon=True
                ).start()
    except BaseException:
        supervisor.stop()
        raise
    code = supervisor.run()
    reserved.release()
    webs.release()
    say("Stopped.")
    return code


def _wait_until_it_answers(supervisor: Supervisor, web: Program, port: int) -> None:
    end = time.monotonic() + READY_SECONDS
    while supervisor.exit_code is None and not answers(port, HEALTH):
        supervisor.look()
        if time.monotonic() > end or supervisor.failures_of(web) >= START_TRIES:
            raise CannotStart(f"The web server does not start. The end of {web.log}:\n{tail(web.log)}")
        time.sleep(0.05)


def _meanwhile(call: Callable[[str], int | None], address: str, supervisor: Supervisor) -> None:
    try:
        code = call(address)
    except Exception:  # shown here, and the reason for the exit code
        if supervisor.exit_code is not None:  # everything is ending: what it asked is gone
            return
        traceback.print_exc(file=sys.stderr)
        code = 1
    finally:
        connections.close_all()
    if code is not None:
        supervisor.request_stop(code)
