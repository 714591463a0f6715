"""A labelled file played through the services: in fake time, the same from the same seed, honestly judged."""

import base64
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from cases.files.told import Told
from cases.models import Case
from hitl.outbox.models import Event
from hitl.simulate.options import Options, parse_drift
from hitl.simulate.outcome import outcome_of
from hitl.simulate.page import page
from hitl.simulate.reading import read_world
from hitl.simulate.run import simulate
from hitl.simulate.stream import play
from policy.models import Decision
from tests.integration.simulate.worlds import as_jsonl, coins, mails

pytestmark = pytest.mark.django_db(transaction=True)

TIME_OF_DAY = re.compile(
    r"\bnow\s*\(|current_timestamp|current_date|current_time\b|clock_timestamp|statement_timestamp"
    r"|transaction_timestamp|localtimestamp|\bdate\s*'now'|'now'",
    re.IGNORECASE,
)


def played(file: Path, **options: Any) -> dict[str, Any]:
    """Simulate a file in the test's database; return the outcome."""
    chosen = Options(file=file, **options)
    world = read_world(chosen)
    return outcome_of(world, chosen, play(world, chosen))


@contextmanager
def statements() -> Iterator[list[str]]:
    """Yield a list that every statement of this connection is added to."""
    seen: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield seen


def test_a_file_becomes_a_stream_and_a_report(tmp_path: Path) -> None:
    file = as_jsonl(mails(900), tmp_path / "mails.jsonl")
    options = Options(file=file, start=400, target=0.05, retrain_every=300, seed=3)
    out = io.StringIO()
    with statements() as seen:
        outcome = simulate(
            read_world(options), options, folder=tmp_path / "report", json_file=tmp_path / "out.json", out=out
        )
    assert (outcome["cases"], outcome["history"], outcome["rows_skipped"]) == (500, 400, 0)
    assert Case.objects.count() == 900
    assert not Event.objects.exists()

    # Counted again, from nothing but the file and the rows that intake wrote.
    auto = dict(Decision.objects.filter(sequence=0, route="auto").values_list("case_id", "label"))
    contents = dict(Case.objects.values_list("id", "content"))
    truth = {row["body"]: row["label"] for row in mails(900)}
    wrong = sum(truth[contents[case]["body"]] != label for case, label in auto.items())
    assert outcome["automated"] == len(auto) > 50
    assert abs(outcome["wrong_automated"] - wrong) <= 2  # equal texts may have both labels
    assert outcome["automation_rate"] == len(auto) / 500
    assert outcome["human_labels"] == 500 - len(auto) + outcome["audits"]

    assert outcome["promise"]["kept"] is (outcome["selective_error"] <= 0.05)
    assert outcome["promise"]["low"] <= outcome["selective_error"] <= outcome["promise"]["high"]
    windows = outcome["windows"]
    assert (windows[0]["from"], windows[-1]["to"]) == (1, 500)
    assert sum(window["automated"] for window in windows) == outcome["automated"]
    assert sum(window["wrong"] for window in windows) == outcome["wrong_automated"]
    assert {window["degree"] for window in windows} == {"partial"}
    standing = outcome["standing"]
    assert standing["before"]["cases"] + standing["since"]["cases"] == 500
    assert standing["before"]["automated"] + standing["since"]["automated"] == outcome["automated"]
    certificates = outcome["certificates"]
    assert sum(one["automated"] for one in certificates) == outcome["automated"]
    assert outcome["naive"]["cutoff"] is not None
    assert outcome["naive"]["automated"] > 0

    assert json.loads((tmp_path / "out.json").read_text()) == outcome
    html = (tmp_path / "report" / "index.html").read_text()
    assert html == page(outcome)
    assert "<script" not in html
    assert " style=" not in html
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in html  # the one style its policy lets in
    assert not re.findall(r"(?:src|href)=", html)
    assert html.count('<svg viewBox="0 0 760 260"') == 4
    assert "automated" in out.getvalue()

    # Time comes from the fake clock alone.
    assert len(seen) > 500
    assert [sql for sql in seen if TIME_OF_DAY.search(sql)] == []
    times = Case.objects.order_by("received_at").values_list("received_at", flat=True)
    assert (times[0].year, times[899].year) == (2026, 2026)
    assert times[899] <= Decision.objects.order_by("-decided_at")[0].decided_at


def test_cases_of_a_replay_belong_to_what_the_file_says(tmp_path: Path) -> None:
    rows = [{**row, "sender": f"s{i % 40}"} for i, row in enumerate(mails(240))]
    file = as_jsonl(rows, tmp_path / "mails.jsonl")
    played(file, told=Told(entity="sender"), start=160, target=0.1)
    streamed = Case.objects.exclude(origin="import")
    assert streamed.count() == 80
    assert set(Case.objects.values_list("entity", flat=True)) == {f"s{i}" for i in range(40)}
    assert streamed.values("group_key").distinct().count() == 40
    assert "sender" not in streamed[0].content


def test_the_same_seed_gives_the_same_outcome(tmp_path: Path) -> None:
    file = as_jsonl(mails(320), tmp_path / "mails.jsonl")
    outcomes = []
    for seed in (5, 5, 6):
        outcome = played(file, start=200, target=0.1, reviewer_error=0.05, seed=seed, shuffle=True)
        outcome.pop("cpu_seconds")
        outcomes.append(outcome)
        call_command("flush", interactive=False, verbosity=0, allow_cascade=True)
    first, again, other = outcomes
    assert again == first
    assert other != first


def test_where_nothing_can_be_known_nothing_is_automated(tmp_path: Path) -> None:
    outcome = played(as_jsonl(coins(500), tmp_path / "coins.jsonl"), start=300, reviewer_error=0.3)
    assert outcome["automated"] == 0
    assert outcome["promise"]["kept"] is True
    assert outcome["promise"]["verdict"] == "nothing automated"
    assert outcome["human_labels"] == 200
    assert outcome["selective_error"] is None


def test_a_world_that_flips_is_noticed(tmp_path: Path) -> None:
    file = as_jsonl(mails(900, hard=0.02), tmp_path / "mails.jsonl")
    outcome = played(
        file, start=400, target=0.05, audit_rate=0.3, retrain_every=10_000, drift=parse_drift("flip@300")
    )
    drift = outcome["drift"]
    assert (drift["kind"], drift["case"]) == ("flip", 300)
    assert outcome["alarms"]
    assert drift["noticed_at"] >= 300
    before = [window for window in outcome["windows"] if window["to"] < 300]
    assert sum(window["wrong"] for window in before) <= 0.05 * max(1, sum(w["automated"] for w in before))
    assert outcome["naive"]["wrong_automated"] > outcome["wrong_automated"]
