"""The page about logs lists the warnings and errors that the service logs, word for word."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("hitl", "cases", "models_store", "policy", "reviews", "monitoring")
LOUD = {"warning", "error", "exception", "critical"}


def _logged(source: str, levels: set[str]) -> set[str]:
    """Return the first arguments of calls such as `log.error("…")` at these levels."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and node.args]
    return {
        str(call.args[0].value) if isinstance(call.args[0], ast.Constant) else ast.unparse(call.args[0])
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in levels
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "log"
    }


def test_the_page_about_logs_lists_what_is_logged() -> None:
    """Every warning and error, and of the rest nothing that is not logged."""
    sources = [path.read_text() for app in APPS for path in (ROOT / app).rglob("*.py")]
    loud = set().union(*(_logged(source, LOUD) for source in sources if "log." in source))
    any_level = set().union(*(_logged(source, LOUD | {"info"}) for source in sources if "log." in source))
    page = (ROOT / "docs/how-to/logs-health-and-metrics.md").read_text()
    table = page.split("| event | what it means |")[1].split("\n\n")[0]
    rows = [line.split("|")[1] for line in table.splitlines()[2:]]
    listed = {event for row in rows for event in re.findall(r"`([^`]+)`", row)}
    assert loud <= listed <= any_level, (loud - listed, listed - any_level)
