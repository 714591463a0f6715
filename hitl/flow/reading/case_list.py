"""The list of cases: newest first, filtered, a page at a time, at a cost that does not grow with the table.

Pages are cut by identifier, which is in order of time. A filter that few cases pass is tried on a stretch of
`STRETCH` cases at a time; the page then says how far it looked and offers to look on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from unicodedata import normalize
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from cases.models import Case, Workflow
from cases.selectors import assets_of, schemas_of
from cases.types import CaseStatus
from cases.web.content import Preview, preview
from hitl.accounts.models import User
from hitl.flow.reading.visibility import answered_by, is_kept_blind, own_answers
from hitl.shared.actor import Actor
from policy.models import Decision
from reviews.models import Review

PAGE = 50
STRETCH = 20_000
ANSWERED, UNANSWERED = "answered", "unanswered"  # by the person themselves; all that reviewers can ask for


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is filtered by; None and empty mean no filter."""

    workflow: Workflow | None = None
    status: str = ""
    answer: str = ""
    decided_by: str = ""
    received_from: date | None = None
    received_to: date | None = None
    search: str = ""
    reviewer: User | None = None
    said: str = ""
    also_said: str = ""
    disagreement: str = ""
    before: UUID | None = None

    @property
    def is_about_answers(self) -> bool:
        """True when it filters by single people's answers, which reviewers may not do."""
        return bool(self.reviewer or self.said or self.also_said or self.disagreement)

    @property
    def is_filtered(self) -> bool:
        """True when cases of the workflow may be missing from the list."""
        dates = self.received_from or self.received_to
        asks = self.status or self.answer or self.decided_by or self.search
        return bool(asks or dates or self.is_about_answers)


@dataclass(frozen=True, slots=True)
class Row:
    """One case in the list, as this person may see it.

    For those kept blind `status` is "answered" or empty, and `answer` what they said themselves.
    """

    case: Case
    preview: Preview
    status: str
    answer: str | None
    decided_by: str = ""
    is_automatic: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and where the next page begins; `looked_until` is set when the search stopped short.

    `is_blind`: it tells what the person answered, and nothing of what became of it.
    """

    rows: Sequence[Row]
    before: UUID | None
    looked_until: datetime | None
    is_blind: bool


def cases_page(wanted: Wanted, *, workflows: Sequence[Workflow], actor: Actor) -> Page:
    """Return one page of the cases of these workflows."""
    is_blind = is_kept_blind(actor)
    within = Case.objects.filter(workflow__in=[wanted.workflow] if wanted.workflow else workflows)
    if wanted.before:
        within = within.filter(pk__lt=wanted.before)
    end = None
    if wanted.search:
        within = within.filter(_named(wanted.search))
    elif wanted.is_filtered:
        # A bounded skip along the index: how far this page looks, whatever the filter lets through.
        end = within.order_by("-pk").values_list("pk", flat=True)[STRETCH - 1 : STRETCH].first()
        if end:
            within = within.filter(pk__gte=end)
    within = _of_own(within, wanted, actor) if is_blind else _filtered(within, wanted)
    found = list(within.select_related("workflow").order_by("-pk")[: PAGE + 1])
    cases = found[:PAGE]
    rows = _own_rows(cases, actor) if is_blind else _rows(cases)
    if len(found) > PAGE:
        return Page(rows, cases[-1].pk, None, is_blind)
    if end is None:
        return Page(rows, None, None, is_blind)
    looked_until = Case.objects.values_list("received_at", flat=True).get(pk=end)
    return Page(rows, end, looked_until, is_blind)


def _named(words: str) -> Q:
    by_reference = Q(reference=normalize("NFC", words))  # as references are kept
    try:
        return Q(pk=UUID(words)) | by_reference
    except ValueError:
        return by_reference


def _of_own(cases: QuerySet[Case], wanted: Wanted, actor: Actor) -> QuerySet[Case]:
    cases = _received(cases, wanted)
    if wanted.answer:
        cases = cases.filter(answered_by(actor, label=wanted.answer))
    if wanted.status == ANSWERED:
        cases = cases.filter(answered_by(actor))
    elif wanted.status == UNANSWERED:
        cases = cases.filter(~answered_by(actor))
    return cases


def _received(cases: QuerySet[Case], wanted: Wanted) -> QuerySet[Case]:
    if wanted.received_from:
        cases = cases.filter(received_at__gte=_midnight(wanted.received_from))
    if wanted.received_to:
        cases = cases.filter(received_at__lt=_midnight(wanted.received_to + timedelta(days=1)))
    return cases


def _filtered(cases: QuerySet[Case], wanted: Wanted) -> QuerySet[Case]:
    cases = _received(cases, wanted)
    if wanted.answer:
        cases = cases.filter(answer=wanted.answer)
    if wanted.status:
        cases = cases.filter(status=wanted.status)
    if wanted.is_about_answers:
        cases = _answered(cases, wanted)
    if wanted.decided_by:
        cases = cases.filter(status=CaseStatus.DECIDED)
        cases = cases.filter(_is_automatic() if wanted.decided_by == "model" else ~_is_automatic())
    return cases


def _answered(cases: QuerySet[Case], wanted: Wanted) -> QuerySet[Case]:
    """Keep the cases about which people said this: a certain person, a certain label, two labels, or not the
    same."""
    given = Review.objects.filter(case=OuterRef("pk"), undone_at=None)
    mine = given.filter(reviewer=wanted.reviewer) if wanted.reviewer else given
    if wanted.reviewer or wanted.said:
        cases = cases.filter(Exists(mine.filter(label=wanted.said) if wanted.said else mine))
    if wanted.also_said:
        cases = cases.filter(Exists(given.filter(label=wanted.also_said)))
    if wanted.disagreement:
        other = Review.objects.filter(case=OuterRef("case"), undone_at=None).exclude(label=OuterRef("label"))
        cases = cases.filter(Exists(given.filter(Exists(other))))
    return cases


def _is_automatic() -> Q:
    """Cases whose answer is the model's: routed automatically, and nobody has decided otherwise since."""
    of_case = Decision.objects.filter(case=OuterRef("pk"), epoch=OuterRef("epoch"))
    routed = of_case.filter(sequence=0, route="auto")
    return Q(Exists(routed)) & ~Q(Exists(of_case.filter(sequence__gt=0, label__isnull=False)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _previews(cases: list[Case]) -> dict[UUID, Preview]:
    schemas, assets = schemas_of(cases), assets_of(cases)
    return {case.pk: preview(case, schemas[case.workflow_id, case.schema_version], assets) for case in cases}


def _own_rows(cases: list[Case], actor: Actor) -> list[Row]:
    shown, mine = _previews(cases), own_answers(cases, actor)
    return [
        Row(case, shown[case.pk], ANSWERED, mine[case.pk].label)
        if case.pk in mine
        else Row(case, shown[case.pk], "", None)
        for case in cases
    ]


def _rows(cases: list[Case]) -> list[Row]:
    shown, last = _previews(cases), _last_decisions(cases)
    rows = []
    for case in cases:
        decision = last.get(case.pk) if case.status == CaseStatus.DECIDED else None
        is_automatic = decision is not None and decision.route == "auto"
        by = decision.actor_name if decision else ""
        rows.append(Row(case, shown[case.pk], case.status, case.answer, by, is_automatic))
    return rows


def _last_decisions(cases: list[Case]) -> dict[UUID, Decision]:
    decisions = (
        Decision.objects.filter(case__in=cases).order_by("case", "-epoch", "-sequence").distinct("case")
    )
    return {decision.case_id: decision for decision in decisions}
