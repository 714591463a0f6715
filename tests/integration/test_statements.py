"""PostgreSQL can plan every statement in an `.sql` file on our tables, and the hot ones by an index."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from hitl.runtime.paths import ROOT
from hitl.shared.prepared import Prepared
from hitl.shared.statements import Statement, all_statements, statements_beside

STATEMENTS = all_statements(ROOT)
MAX_LINES = 3
"""So long may a statement be that stands in Python."""
ROOMS = ("cases", "hitl", "models_store", "monitoring", "policy", "reviews")
OF_A_SERVER = {"hitl/runtime/database_roles.py"}
"""Roles of a database that has no tables yet: nothing to plan."""
_SQL = re.compile(r"\s*\(?(SELECT|WITH|INSERT INTO|UPDATE|DELETE FROM)\s")

LARGE = {"cases_case", "cases_label", "policy_decision", "reviews_review", "reviews_task"}
HOT = {
    "answer": {"reviews_task_pkey"},
    "append_decisions": {"policy_decision_pkey"},
    "begin_leased_ahead": set[str](),
    "claim_next": {"task_waiting"},
    "count_waiting": {"task_waiting"},
    "hold": {"one_task_per_shelf"},
    "intake": {"accounts_apikey_pkey", "cases_workflow_pkey"},
    "leased_by": {"cases_case_pkey"},  # of the few that are leased: by person or by end, either will do
    "lock_case": {"cases_case_pkey"},
    "lock_case_under": {"reviews_task_lease_token_key", "cases_case_pkey"},
    "lock_task": set[str](),
    "move_cases": {"cases_case_pkey"},
    "renew": set[str](),  # the same
    "routings_of": {"policy_decision_pkey"},
    "supersede_labels": set[str](),  # two indexes begin with the case: either will do
    "take_again": set[str](),
    "take_up": {"cases_case_pkey"},
}
"""None of these may read a whole large table, and by these indexes they must find their rows."""
AS_NEVER_COUNTED = "UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relkind = 'r'"
"""Autovacuum may have counted the tables of the tests meanwhile, and an empty one needs no index."""


def plan(statement: Statement) -> dict[str, Any]:
    """Return how it is planned for any values; no table is read whole where an index will do."""
    name = f"planned_{statement.name}"  # not the service's: this connection may have prepared that one
    prepared = Prepared(name, statement.text, statement.types)
    nulls = ", ".join("NULL" for _ in statement.types)
    call = name + (f" ({nulls})" if nulls else "")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(AS_NEVER_COUNTED)
        cursor.execute(prepared.preparing)
        cursor.execute(f"EXPLAIN (FORMAT JSON) EXECUTE {call}")
        found: dict[str, Any] = cursor.fetchone()[0][0]["Plan"]
        cursor.execute(f"DEALLOCATE {name}")
    return found


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from nodes(child)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_the_tables_have_what_it_asks_for(name: str) -> None:
    assert plan(STATEMENTS[name])


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(HOT))
def test_a_hot_one_finds_its_rows_by_an_index(name: str) -> None:
    planned = list(nodes(plan(STATEMENTS[name])))
    assert not LARGE & {node["Relation Name"] for node in planned if node["Node Type"] == "Seq Scan"}
    assert {node["Index Name"] for node in planned if "Index Name" in node} >= HOT[name]


@pytest.mark.django_db
def test_a_wrong_column_would_be_found() -> None:
    right = STATEMENTS["lock_task"]
    wrong = Statement("wrong", right.text.replace("t.due_at", "t.due"), right.types, right.path)
    with pytest.raises(ProgrammingError, match=r"column t\.due does not exist"):
        plan(wrong)


def test_no_long_statement_stands_in_python() -> None:
    paths = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts]
    long = [place for path in paths for place in _long(path, path.relative_to(ROOT).as_posix())]
    assert [place for place in long if place.split(":")[0] not in OF_A_SERVER] == []


def test_a_long_statement_in_python_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text('TEXT = f"""\nSELECT a\nFROM {b}\nWHERE c\n"""\nWORDS = "Select one."\n')
    assert _long(tmp_path / "one.py", "one.py") == ["one.py:1"]


def _long(path: Path, name: str) -> list[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        first = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else node
        text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
        n_lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if _SQL.match(text) and n_lines > MAX_LINES:
            found.add(f"{name}:{node.lineno}")
    return sorted(found)


def test_lines_of_sql_are_no_longer_than_those_of_python() -> None:
    paths = {one.path for one in STATEMENTS.values()}
    lines = [(path.name, line) for path in paths for line in path.read_text().splitlines()]
    assert not [line for line in lines if len(line[1]) > 110]


def test_what_a_statement_takes_and_uses_must_agree(tmp_path: Path) -> None:
    (tmp_path / "few.sql").write_text(
        "-- name: few\n-- takes: a int, b text[]\n-- Why.\nSELECT %(a)s, {more}\n\n-- fragment: more\n%(c)s\n"
    )
    with pytest.raises(ValueError, match=r"'few' takes \['a', 'b'\], and uses \['a', 'c'\]"):
        statements_beside(str(tmp_path / "few.py"))


def test_no_two_statements_have_one_name(tmp_path: Path) -> None:
    (tmp_path / "again.sql").write_text("-- name: lock_task\n-- takes: a int\nSELECT %(a)s\n")
    with pytest.raises(ValueError, match="both have a statement 'lock_task'"):
        statements_beside(str(tmp_path / "again.py"))


def test_psql_gets_it_with_places_and_types(tmp_path: Path) -> None:
    text = "-- name: for_psql\n-- takes: a int\n-- takes: b text[]\nSELECT %(b)s, %(a)s\n"
    (tmp_path / "some.sql").write_text(text)
    assert statements_beside(str(tmp_path / "some.py"))["for_psql"].for_psql() == (
        "PREPARE hitl_for_psql (int, text[]) AS SELECT $2, $1;\n\n"
        "EXPLAIN EXECUTE hitl_for_psql (NULL /* a int */, NULL /* b text[] */);\n"
    )
