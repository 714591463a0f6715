"""Every routing is counted once, whatever commits late, is killed or happens twice at a time."""

import io
from datetime import timedelta
from threading import Event, Thread

import numpy as np
import pytest
from django.db import connection, transaction
from PIL import Image

from cases.models import Case, SchemaVersion, Workflow
from cases.services.kept_files import store_file
from hitl.accounts.clients import ClientKey
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from monitoring.counts import binning, fold
from monitoring.counts.binning import baseline_for
from monitoring.counts.fold import fold_counts
from monitoring.counts.hours import count_people
from monitoring.counts.retention import keep_count_months
from monitoring.counts.windows import blocks, full_hour
from monitoring.models import Binning, CountCursor, HourCount
from monitoring.types import CountFamily
from policy.models import Decision
from reviews.models import Review
from tests.support.case_rows import answer, waiting_case, workflow_of
from tests.support.factories import NOW, client_key, person
from tests.support.policy_rows import champion_of, workflow_with_policy
from tests.support.review_rows import suggest
from tests.support.spam import labelled, mail_workflow, mails

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def submit(n: int, *, minutes: float, first: int = 0, key: ClientKey | None = None) -> None:
    """Submit mails at a time."""
    items = [Submission(mail.content) for mail in mails()[first : first + n]]
    submit_cases(Intake("spam-mail", items, key or client_key(), NOW + minutes * MINUTE, is_batch=True))


@pytest.fixture
def workflow(monkeypatch: pytest.MonkeyPatch) -> Workflow:
    """Mail with a model, a cutoff, and a history that bins are made of."""
    monkeypatch.setattr(binning, "MIN_LEARNED", 40)
    made = mail_workflow()
    labelled(made, mails()[500:600])
    return made


def counted(workflow: Workflow, measure: str = "words", field: str = "body") -> np.ndarray:
    """Counts of a measure over all hours."""
    rows = HourCount.objects.filter(workflow=workflow, measure=measure, field=field)
    return np.sum([row.counts for row in rows], axis=0, dtype=np.int64)


def picture(colour: str) -> bytes:
    """A PNG of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "PNG")
    return file.getvalue()


def everything() -> list[tuple[object, ...]]:
    """All counts, as they are stored."""
    columns = ("hour", "family", "field", "measure", "release_id", "counts")
    return sorted(HourCount.objects.values_list(*columns), key=str)


def test_what_came_in_is_counted_once_however_often_the_job_runs(workflow: Workflow) -> None:
    for minute in (0, 30, 90):
        submit(25, minutes=minute, first=int(minute))
        for _ in range(2):
            fold_counts(workflow.id, now=NOW + minute * MINUTE)
    assert counted(workflow).sum() == 75 == Decision.objects.filter(sequence=0).count()
    assert counted(workflow, "route", "").tolist()[:2] == [
        Decision.objects.filter(sequence=0, route="auto").count(),
        Decision.objects.filter(sequence=0).exclude(route="auto").count(),
    ]
    assert HourCount.objects.values("hour").distinct().count() == 3
    assert Binning.objects.get().n_cases == 63  # every other one of the history and the first that came in
    base = baseline_for(Binning.objects.get().pk, None)
    assert base is not None
    assert base["body", "words"].sum() == 62


def test_small_steps_and_large_ones_give_the_same_counts(workflow: Workflow) -> None:
    submit(60, minutes=0)
    submit(40, minutes=70, first=60)
    fold_counts(workflow.id, now=NOW + 2 * HOUR, chunk=7)
    in_parts = everything()
    HourCount.objects.all().delete()
    CountCursor.objects.all().delete()
    fold_counts(workflow.id, now=NOW + 2 * HOUR)
    assert everything() == in_parts
    assert CountCursor.objects.get().counted == 100


def test_what_commits_late_is_counted_all_the_same(workflow: Workflow) -> None:
    submit(1, minutes=-60)
    key = client_key()  # making one waits for whoever writes the audit log
    fold_counts(workflow.id, now=NOW)
    written, may_commit = Event(), Event()

    def slow() -> None:
        with transaction.atomic():
            submit(10, minutes=1, key=key)
            written.set()
            may_commit.wait(20)
        connection.close()

    thread = Thread(target=slow)
    thread.start()
    assert written.wait(20)
    submit(10, minutes=5, first=50, key=key)
    for minute in (5, 6, 200):  # the later ones wait behind the horizon, or are counted: never twice
        fold_counts(workflow.id, now=NOW + minute * MINUTE)
    assert HourCount.objects.filter(hour=full_hour(NOW)).count() == 0
    may_commit.set()
    thread.join()
    fold_counts(workflow.id, now=NOW + 201 * MINUTE)
    assert counted(workflow).sum() == 21


def test_a_worker_that_is_killed_leaves_nothing_half_counted(
    workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(50, minutes=0)
    real, calls = fold.add_counts, []

    def dies_on_the_third(*args: object) -> None:
        calls.append(1)
        real(*args)  # type: ignore[arg-type]
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(fold, "add_counts", dies_on_the_third)
    with pytest.raises(KeyboardInterrupt):
        fold_counts(workflow.id, now=NOW, chunk=10)
    assert counted(workflow).sum() == 20
    fold_counts(workflow.id, now=NOW + MINUTE, chunk=10)
    assert counted(workflow).sum() == 50


def test_two_workers_at_once_count_once(workflow: Workflow) -> None:
    submit(80, minutes=0)
    fold_counts(workflow.id, now=NOW, seconds=0)  # makes the bins

    def work() -> None:
        fold_counts(workflow.id, now=NOW + MINUTE, chunk=5)
        connection.close()

    threads = [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fold_counts(workflow.id, now=NOW + MINUTE, chunk=5)
    assert counted(workflow).sum() == 80


def test_a_restored_database_whose_transactions_began_anew_is_counted_on(workflow: Workflow) -> None:
    submit(20, minutes=0)
    fold_counts(workflow.id, now=NOW + MINUTE)
    CountCursor.objects.update(from_xid=2**40, marks=[[NOW.isoformat(), 2**40]])
    submit(20, minutes=60, first=30)
    fold_counts(workflow.id, now=NOW + 61 * MINUTE)
    assert counted(workflow).sum() == 40


def test_the_same_content_within_minutes_was_sent_again(workflow: Workflow) -> None:
    for minute in (0, 4, 30):
        submit(1, minutes=minute, first=3)
    fold_counts(workflow.id, now=NOW + HOUR)
    assert counted(workflow, "again", "").tolist()[:2] == [2, 1]
    assert Case.objects.filter(origin="api").count() == 3


def test_the_same_content_twice_in_a_batch_was_sent_again(workflow: Workflow) -> None:
    one, other = (Submission(mail.content) for mail in mails()[3:5])
    submit_cases(Intake("spam-mail", [one, other, one, one], client_key(), NOW, is_batch=True))
    fold_counts(workflow.id, now=NOW + HOUR)
    assert counted(workflow, "again", "").tolist()[:2] == [2, 2]


def test_blocks_are_sums_of_hours(workflow: Workflow) -> None:
    for hour in range(4):
        submit(10 + hour, minutes=60 * hour, first=20 * hour)
    fold_counts(workflow.id, now=NOW + 5 * HOUR)
    first = full_hour(NOW)
    seen = blocks(
        workflow.id,
        CountFamily.INPUT,
        until=first + 4 * HOUR,
        length=2 * HOUR,
        n=3,
        binning_id=Binning.objects.get().pk,
    )
    assert seen.starts[0] == first - 2 * HOUR
    assert seen.counts["body", "words"].sum(axis=1).tolist() == [0, 21, 25]


def people(workflow: Workflow, measure: str) -> list[int]:
    """Counts of what people did, over all hours."""
    rows = HourCount.objects.filter(workflow=workflow, family=CountFamily.PEOPLE, measure=measure)
    return [int(count) for count in np.sum([row.counts for row in rows], axis=0, dtype=np.int64)]


def test_answers_are_counted_until_they_are_taken_back() -> None:
    release = champion_of(workflow_with_policy(degree="assist"))
    ann, workflow = person("ann", "reviewer"), release.workflow
    for n, label in enumerate(("ham", "ham", "spam")):
        case = waiting_case(workflow, {"body": str(n)}, at=NOW)
        suggest(case, release, label="ham", confidence=0.8, runner_up="spam")
        answer(case, ann, label, after=5)
    for _ in range(2):  # counted anew, in place of what was counted before
        count_people(workflow.id, now=NOW + 10 * MINUTE)
    assert people(workflow, "override")[:2] == [2, 1]
    assert sum(people(workflow, "seconds")) == 3
    Review.objects.filter(label="spam").update(undone_at=NOW + 11 * MINUTE)
    count_people(workflow.id, now=NOW + 12 * MINUTE)
    assert people(workflow, "override")[:2] == [2, 0]
    Review.objects.update(undone_at=NOW + 13 * MINUTE)
    count_people(workflow.id, now=NOW + 14 * MINUTE)
    assert not HourCount.objects.filter(family=CountFamily.PEOPLE).exists()


def test_pictures_are_counted_by_what_was_kept_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binning, "MIN_LEARNED", 2)
    fields = [{"name": "photo", "kind": "image", "required": False}]
    workflow = workflow_of("photos", fields=fields, labels=["cat", "dog"])
    for colour in ("#ffffff", "#000000", "#808080", "#ff0000"):
        content = {"photo": {"asset": store_file(picture(colour), workflow_id=workflow.id, now=NOW).sha256}}
        waiting_case(workflow, content, at=NOW)
    waiting_case(workflow, {"photo": None}, at=NOW)
    fold_counts(workflow.id, now=NOW + MINUTE)
    seen = counted(workflow, "brightness", "photo")
    assert (seen.sum(), seen[-1], seen[-2]) == (5, 1, 0)  # of them missing, and unmeasured


def test_old_counts_go_and_so_do_bins_that_nothing_is_counted_in(workflow: Workflow) -> None:
    submit(5, minutes=0)
    fold_counts(workflow.id, now=NOW + MINUTE)
    Binning.objects.update(ended_at=NOW + HOUR)
    keep_count_months(now=NOW + timedelta(days=399))
    assert everything()
    keep_count_months(now=NOW + timedelta(days=432))
    assert not everything()
    assert not Binning.objects.exists()


def test_other_fields_make_other_bins_and_the_old_counts_stay(workflow: Workflow) -> None:
    submit(5, minutes=0)
    fold_counts(workflow.id, now=NOW + MINUTE)
    version = SchemaVersion.objects.get(workflow=workflow)
    SchemaVersion.objects.create(
        workflow=workflow,
        number=2,
        fields=[*version.fields, {"name": "size", "kind": "number", "required": False}],
        labels=version.labels,
        schema_sha256="2" * 64,
        created_at=NOW,
    )
    Workflow.objects.filter(pk=workflow.pk).update(schema_version=2)
    Case.objects.filter(origin="import").update(schema_version=2)
    before = everything()
    fold_counts(workflow.id, now=NOW + 2 * MINUTE)
    assert everything() == before
    made = Binning.objects.get(ended_at=None)
    assert (made.schema_version, made.reason) == (2, binning.OTHER_FIELDS)
    assert ["size", "value"] in [cells[:2] for cells in made.bins["cells"]]
