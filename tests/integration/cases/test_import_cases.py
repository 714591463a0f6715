"""A labelled history comes in from a file, once."""

import gzip
import io
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from cases.models import Asset, Case, Label, Workflow
from hitl.flow.setup.create import set_up_workflow
from models_store.models import TrainingRun
from tests.support.factories import LABELS, NOW, TABLE_FIELDS, TESTER

pytestmark = pytest.mark.django_db


@pytest.fixture
def workflow() -> Workflow:
    """A workflow of table fields."""
    return set_up_workflow(
        slug="credit", name="Credit", fields=TABLE_FIELDS, labels=LABELS, actor=TESTER, now=NOW
    )


def run(*arguments: Any, **options: Any) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("import_cases", *map(str, arguments), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


ROWS = "amount,job,since,married,label,ref\n10,clerk,2020-01-02,yes,ham,A\n20,,,,spam,B\n"


def test_a_csv_becomes_labelled_cases(workflow: Workflow, tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text(ROWS)
    out, _ = run("credit", tmp_path / "h.csv", "--reference", "ref")
    assert "2 cases taken in" in out
    case = Case.objects.get(reference="A")
    assert case.content == {"amount": 10.0, "job": "clerk", "since": "2020-01-02", "married": True}
    assert (case.status, case.answer, case.origin) == ("decided", "ham", "import")
    assert set(Label.objects.values_list("label", "purpose", "is_blind")) == {
        ("ham", "import", False),
        ("spam", "import", False),
    }


def test_a_column_says_which_cases_belong_together(workflow: Workflow, tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text(ROWS.replace(",ref", ",client").replace(",A", ",C1").replace(",B", ",C1"))
    run("credit", tmp_path / "h.csv", "--entity", "client")
    assert set(Case.objects.values_list("entity", flat=True)) == {"C1"}
    assert len(set(Case.objects.values_list("group_key", flat=True))) == 1
    assert "client" not in Case.objects.all()[0].content


def test_the_same_file_again_changes_nothing(workflow: Workflow, tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text(ROWS.replace(",ref", ",x").replace(",A", ",").replace(",B", ","))
    assert "2 cases taken in" in run("credit", tmp_path / "h.csv")[0]
    assert "0 cases taken in, 2 were there already" in run("credit", tmp_path / "h.csv")[0]
    assert Case.objects.count() == Label.objects.count() == 2


@pytest.mark.parametrize("name", ["h.jsonl", "h.jsonl.gz", "h.parquet", "h.csv.gz"])
def test_other_formats_say_the_same(workflow: Workflow, tmp_path: Path, name: str) -> None:
    rows = [{"amount": 10.0, "job": "clerk", "label": "ham"}, {"amount": 20.0, "job": None, "label": "spam"}]
    path = tmp_path / name
    if "jsonl" in name:
        data = "\n".join(map(json.dumps, rows)).encode()
    elif "csv" in name:
        data = b"amount,job,label\n10,clerk,ham\n20,,spam\n"
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
        data = path.read_bytes()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    run("credit", path)
    assert [
        (case.content["amount"], case.content["job"], case.answer) for case in Case.objects.order_by("id")
    ] == [
        (10.0, "clerk", "ham"),
        (20.0, None, "spam"),
    ]


def test_cases_as_the_export_writes_them_come_back(workflow: Workflow, tmp_path: Path) -> None:
    line = {"content": {"amount": 5}, "label": "ham", "reference": "X"}
    (tmp_path / "h.jsonl").write_text(json.dumps(line) + "\n" + json.dumps(line | {"content": {"x": 1}}))
    out, err = run("credit", tmp_path / "h.jsonl", "--reference", "reference", "--allow-refused", "0.5")
    assert "1 cases taken in" in out
    assert "line 2: content.amount is missing" in err


def test_rows_that_do_not_fit_are_named_by_their_line_and_the_others_taken_in(
    workflow: Workflow, tmp_path: Path
) -> None:
    bad = "".join("many,clerk,,,ham,\n" for _ in range(30))
    (tmp_path / "h.csv").write_text(
        ROWS + "30,x,,,unknown,C\n40,x,yesterday,,ham,D\n" + bad + "50,,,,ham,E\n"
    )
    with pytest.raises(CommandError, match="32 of 35 rows") as refused:
        run("credit", tmp_path / "h.csv", "--reference", "ref")
    assert refused.value.returncode == 2
    assert not Case.objects.exists()
    out, err = run("credit", tmp_path / "h.csv", "--reference", "ref", "--allow-refused", "92%")
    assert "3 cases taken in, 0 were there already, 32 refused" in out
    assert 'line 4: label is "unknown"' in err
    assert "line 5: content.since" in err
    assert "line 6: content.amount is a text, not a number" in err
    assert "The same in 29 more rows." in err


def test_a_file_without_the_columns_is_refused_before_anything_is_taken_in(
    workflow: Workflow, tmp_path: Path
) -> None:
    (tmp_path / "h.csv").write_text("colour,label\nred,ham\n")
    with pytest.raises(CommandError, match="it has none of them"):
        run("credit", tmp_path / "h.csv", "--label", "label")
    (tmp_path / "i.csv").write_text(ROWS)
    with pytest.raises(CommandError, match='column "fate" is not in the file'):
        run("credit", tmp_path / "i.csv", "--label", "fate")
    with pytest.raises(CommandError, match="No such file"):
        run("credit", tmp_path / "absent.csv")
    with pytest.raises(CommandError, match="--create"):
        run("nowhere", tmp_path / "i.csv")
    assert not Case.objects.exists()


def test_a_workflow_is_made_from_the_file(tmp_path: Path) -> None:
    body = "id,text,score,label\n" + "".join(
        f"{n},text number {n} of many,{n / 2},{'good' if n % 2 else 'bad'}\n" for n in range(60)
    )
    (tmp_path / "h.csv").write_text(body)
    out, _ = run("fresh", tmp_path / "h.csv", "--create")
    made, *columns = out.splitlines()
    assert made == "Made the workflow fresh, with 2 labels:"
    assert [line.split(maxsplit=2) for line in columns[:4]] == [
        ["id", "reference"],
        ["text", "text", "text number 0 of many, text number 1 of many, text number 2 of many"],
        ["score", "number", "0.0, 0.5, 1.0"],
        ["label", "label", "bad 30, good 30"],
    ]
    assert "60 cases taken in" in out
    assert "A model is trained from 200 labels on, and there are 60." in out
    workflow = Workflow.objects.get(slug="fresh")
    schema = workflow.schemas.get().schema
    assert [(field.name, field.kind.value) for field in schema.fields] == [
        ("text", "text"),
        ("score", "number"),
    ]
    assert schema.labels == ("bad", "good")
    assert workflow.policy.degree == "human_only"
    assert Case.objects.filter(reference="7").exists()


def test_what_a_column_is_left_out_for_is_said_and_one_without_a_name_is_no_field(tmp_path: Path) -> None:
    rows = [
        {"Unnamed: 0": n, "": n, "tags": ["a", "b"], "text": f"text number {n}", "label": "xy"[n % 2]}
        for n in range(30)
    ]
    (tmp_path / "h.jsonl").write_text("\n".join(map(json.dumps, rows)))
    out, err = run("fresh", tmp_path / "h.jsonl", "--create")
    assert re.search(r"Unnamed: 0 +left out +a column without a name", out)
    assert re.search(r"tags +left out +a list or an object, which no field holds", out)
    assert "Left out: a column without a name." in err
    assert [field.name for field in Workflow.objects.get().schemas.get().schema.fields] == ["text"]


@pytest.mark.parametrize(
    ("head", "label", "said"),
    [
        (
            "text,label",
            "b\u202ead",
            'label column "label" holds "b\ufffdad", with a character that nobody can see',
        ),
        ("text,label", "x" * 101, "values of more than 100 characters"),
        ("x" * 101 + ",label", "bad", '…", of 101 characters'),
        ("te\u202ext,label", "bad", 'column 1 is "te\ufffdxt", with a character that nobody can see'),
    ],
)
def test_a_name_that_does_not_fit_is_said_of_the_file(
    tmp_path: Path, head: str, label: str, said: str
) -> None:
    rows = "".join(f"text number {n},{'good' if n % 2 else label}\n" for n in range(30))
    (tmp_path / "h.csv").write_text(f"{head}\n{rows}")
    with pytest.raises(CommandError) as refused:
        run("fresh", tmp_path / "h.csv", "--create")
    assert said in str(refused.value)


def test_a_file_of_which_nothing_fits_is_not_said_to_go_on(workflow: Workflow, tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("amount,label\n" + "1,other\n" * 30)
    with pytest.raises(CommandError) as refused:
        run("credit", tmp_path / "h.csv")
    assert "--allow-refused" not in str(refused.value)
    assert str(refused.value).endswith("Mend the file: there is nothing else in it.")


def test_images_come_from_files_beside_the_table_and_from_nowhere_else(tmp_path: Path, settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "hitl.shared.storage.WholeFiles", "OPTIONS": {"location": tmp_path / "media"}},
    }
    fields = [{"name": "photo", "kind": "image"}]
    set_up_workflow(slug="phones", name="Phones", fields=fields, labels=LABELS, actor=TESTER, now=NOW)
    folder = tmp_path / "history"
    folder.mkdir()
    Image.new("RGB", (20, 20), "red").save(folder / "a.png")
    Image.new("RGB", (20, 20), "blue").save(tmp_path / "outside.png")
    (folder / "h.csv").write_text("photo,label\na.png,ham\n../outside.png,ham\nabsent.png,spam\n")
    out, err = run("phones", folder / "h.csv", "--label", "label", "--allow-refused", "0.7")
    assert "1 cases taken in, 0 were there already, 2 refused" in out
    assert "line 3: content.photo" in err
    assert Asset.objects.count() == 1


def test_times_of_the_file_are_kept(workflow: Workflow, tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("amount,label,when\n1,ham,2024-05-06T07:08:09Z\n")
    run("credit", tmp_path / "h.csv", "--time", "when", "--label", "label")
    assert Case.objects.get().received_at.isoformat() == "2024-05-06T07:08:09+00:00"


def test_ten_thousand_rows_come_in_by_chunks(workflow: Workflow, tmp_path: Path) -> None:
    lines = "".join(f"{n},clerk,{'ham' if n % 3 else 'spam'}\n" for n in range(10_000))
    (tmp_path / "h.csv").write_text("amount,job,label\n" + lines)
    out, _ = run("credit", tmp_path / "h.csv")
    assert "10,000 cases taken in" in out
    assert Label.objects.count() == 10_000


ATTESTED = {"is_blind": True, "inclusion_probability": 1.0}


def test_an_attested_sample_keeps_its_equal_rows_and_changes_nothing_when_it_comes_again(
    workflow: Workflow, tmp_path: Path
) -> None:
    (tmp_path / "h.csv").write_text("amount,label\n" + "1,ham\n" * 800 + "2,spam\n3,ham\n")
    assert (
        "802 cases taken in, 0 were there already, 0 refused"
        in run("credit", tmp_path / "h.csv", "--attest")[0]
    )
    assert Label.objects.filter(**ATTESTED).count() == 802
    assert TrainingRun.objects.get().status == "queued"
    out, err = run("credit", tmp_path / "h.csv", "--attest")
    assert "0 cases taken in, 802 were there already" in out
    assert "learn" not in out
    assert "Not attested" not in err


@pytest.mark.parametrize("how", ["a row is refused", "a row is here, unattested"])
def test_a_sample_that_loses_rows_is_attested_no_more_and_it_is_said_why(
    workflow: Workflow, tmp_path: Path, how: str
) -> None:
    rows = [f"{n},{'ham' if n % 2 else 'spam'}" for n in range(100)]
    (tmp_path / "first.csv").write_text(f"amount,label\n{rows[0]}\n{rows[1]}\n")
    if how == "a row is refused":
        rows[0] = "many,ham"
    else:
        run("credit", tmp_path / "first.csv")
    (tmp_path / "h.csv").write_text("\n".join(["amount,label", *rows]))
    _, err = run("credit", tmp_path / "h.csv", "--attest")
    assert "Not attested: " in err
    assert ("1 of its rows does not fit" if "refused" in how else "2 of its rows are here already") in err
    assert Label.objects.exists()
    assert not Label.objects.filter(is_blind=True).exists()


def test_nothing_is_made_of_a_file_of_which_nothing_fits(tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("received_at,note,label\n" + "9999-12-31T23:59:59-05:00,x,a\n" * 30)
    with pytest.raises(CommandError, match="column"):
        run("fresh", tmp_path / "h.csv", "--create")
    (tmp_path / "h.csv").write_text("received_at,note,label\n" + "2190-01-01,x,a\n2190-01-01,y,b\n" * 30)
    with pytest.raises(CommandError, match="still to come"):
        run("fresh", tmp_path / "h.csv", "--create")
    assert not Workflow.objects.exists()
    assert "60 cases taken in" in run("fresh", tmp_path / "h.csv", "--create", "--time", "-")[0]


def test_a_file_that_is_damaged_at_its_end_leaves_nothing_half_taken(
    workflow: Workflow, tmp_path: Path
) -> None:
    good = b"amount,label\n" + b"1,ham\n" * 3_000
    (tmp_path / "h.csv").write_bytes(good + b"2,\xe9\n")
    with pytest.raises(CommandError, match=f"line 3,002, byte {len(good) + 2:,}.*cp1252"):
        run("credit", tmp_path / "h.csv")
    assert not Case.objects.exists()
    _, err = run("credit", tmp_path / "h.csv", "--encoding", "cp1252")
    assert 'label is "\xe9"' in err
