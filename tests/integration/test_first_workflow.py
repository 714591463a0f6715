"""A service begins with nothing but a file of examples."""

import json
import shlex
from pathlib import Path

import pytest

from cases.files.told import Told
from cases.models import Case, Workflow
from hitl.flow.setup import import_history
from hitl.flow.setup.from_file import begin_with
from hitl.flow.setup.rehearsal import TooManyRefused
from hitl.shared.errors import Invalid, in_words
from science.fields import Kind
from tests.api.client import ApiClient
from tests.support.case_rows import workflow_of
from tests.support.factories import NOW, TABLE_FIELDS, TESTER

pytestmark = pytest.mark.django_db

ROWS = "id,amount,outcome\n" + "".join(f"{n},{n * 10},{'paid' if n % 3 else 'lost'}\n" for n in range(30))


def test_a_file_becomes_a_workflow_its_history_and_a_key_that_works(tmp_path: Path) -> None:
    path = tmp_path / "loan_applications.csv"
    path.write_text(ROWS)
    begun = begin_with(path, actor=TESTER, now=NOW)
    assert begun is not None
    assert (begun.workflow.slug, begun.workflow.name) == ("loan-applications", "Loan applications")
    assert begun.outcome.taken == Case.objects.count() == 30
    curl = begun.curl("http://127.0.0.1:8000")
    assert "http://127.0.0.1:8000/api/v1/workflows/loan-applications/cases" in curl
    example = json.loads(shlex.split(curl)[-1])
    assert example["content"] in [case.content for case in Case.objects.all()]
    answer = ApiClient(begun.secret).send("POST", "/workflows/loan-applications/cases", example)
    assert answer.status_code == 201
    assert begin_with(path, actor=TESTER, now=NOW) is None, "a second start reads nothing again"


def test_a_column_of_the_file_says_which_cases_belong_together(tmp_path: Path) -> None:
    path = tmp_path / "loans.csv"
    rows = "client,amount,outcome\n" + "".join(
        f"c{n % 5},{n * 10},{'paid' if n % 3 else 'lost'}\n" for n in range(30)
    )
    path.write_text(rows)
    begun = begin_with(path, told=Told(entity="client"), actor=TESTER, now=NOW)
    assert begun is not None
    assert Case.objects.values("entity").distinct().count() == 5
    assert Case.objects.values("group_key").distinct().count() == 5
    assert "client" not in Case.objects.all()[0].content


def test_a_file_without_a_label_makes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("note\n" + "".join(f"only text {n}\n" for n in range(30)))
    with pytest.raises(Invalid) as refused:
        begin_with(path, actor=TESTER, now=NOW)
    assert refused.value.facts["errors"][0]["field"] == "label"
    assert not Workflow.objects.exists()


@pytest.fixture
def half_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file of which 20 rows of 30 had come in when the beginning was interrupted."""
    monkeypatch.setattr(import_history, "CHUNK", 10)
    path = tmp_path / "loans.csv"
    path.write_text(ROWS)

    def interrupt(done: float, rows: int) -> None:
        if rows == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        begin_with(path, actor=TESTER, now=NOW, progress=interrupt)
    assert Case.objects.count() == 20
    return path


def test_a_beginning_that_was_interrupted_goes_on_where_it_stopped(half_begun: Path) -> None:
    path = half_begun
    begun = begin_with(path, actor=TESTER, now=NOW)
    assert begun is not None
    assert (begun.outcome.taken, begun.outcome.known) == (10, 20)
    assert Case.objects.count() == 30
    assert ApiClient(begun.secret).send("GET", "/workflows/loans/cases").status_code == 200


def test_what_was_begun_goes_on_with_the_fields_it_has(half_begun: Path) -> None:
    """Rows that came in later guess nothing anew: one more odd cell would make another kind of a column."""
    half_begun.write_text(ROWS + "".join(f"{n},{n}.5.0,paid\n" for n in range(30, 40)))
    with pytest.raises(TooManyRefused, match="10 of 40 rows"):
        begin_with(half_begun, actor=TESTER, now=NOW)
    begun = begin_with(half_begun, actor=TESTER, now=NOW, allow=0.25)
    assert begun is not None
    assert (begun.outcome.taken, begun.outcome.known, begun.outcome.refused) == (10, 20, 10)


def test_what_was_begun_is_told_no_other_fields(half_begun: Path) -> None:
    with pytest.raises(Invalid) as refused:
        begin_with(half_begun, told=Told(fields=(("amount", Kind.TEXT),)), actor=TESTER, now=NOW)
    assert "which the workflow has not" in in_words(refused.value)[0]
    assert not Workflow.objects.get().grants.exists(), "it may still be begun as it was"


def test_a_workflow_that_somebody_else_made_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "loans.csv"
    path.write_text(ROWS)
    workflow_of("loans", fields=TABLE_FIELDS, labels=["paid", "lost"])
    assert begin_with(path, actor=TESTER, now=NOW) is None
    assert not Case.objects.exists()
