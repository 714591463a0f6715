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
from hitl.flow.reading.visibility import VisibleAnswer, is_kept_blind, is_open, said_by_people, was_asked
from hitl.shared.actor import Actor
from policy.models import Decision
from reviews.models import Review

PAGE = 50
STRETCH = 20_000


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
    """One case in the list, as this person may see it."""

    case: Case
    preview: Preview
    known: VisibleAnswer
    is_automatic: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and where the next page begins; `looked_until` is set when the search stopped short."""

    rows: Sequence[Row]
    before: UUID | None
    looked_until: datetime | None


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
    within = _filtered(within, wanted, is_blind)
    found = list(within.select_related("workflow").order_by("-pk")[: PAGE + 1])
    cases = found[:PAGE]
    if len(found) > PAGE:
        return Page(_rows(cases, is_blind), cases[-1].pk, None)
    if end is None:
        return Page(_rows(cases, is_blind), None, None)
    return Page(_rows(cases, is_blind), end, Case.objects.values_list("received_at", flat=True).get(pk=end))


def _named(words: str) -> Q:
    by_reference = Q(reference=normalize("NFC", words))  # as references are kept
    try:
        return Q(pk=UUID(words)) | by_reference
    except ValueError:
        return by_reference


def _filtered(cases: QuerySet[Case], wanted: Wanted, is_blind: bool) -> QuerySet[Case]:
    if wanted.received_from:
        cases = cases.filter(received_at__gte=_midnight(wanted.received_from))
    if wanted.received_to:
        cases = cases.filter(received_at__lt=_midnight(wanted.received_to + timedelta(days=1)))
    if wanted.answer:
        cases = cases.filter(answer=wanted.answer)
    if wanted.status:
        cases = cases.filter(status=wanted.status) if not is_blind else cases.filter(_seen_as(wanted.status))
    if is_blind and (wanted.answer or wanted.decided_by):
        cases = cases.exclude(is_open())
    if wanted.is_about_answers and not is_blind:
        cases = _answered(cases, wanted)
    if wanted.decided_by:
        cases = cases.filter(status=CaseStatus.DECIDED)
        by_model = ~was_asked() if is_blind else _is_automatic()
        cases = cases.filter(by_model if wanted.decided_by == "model" else ~by_model)
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


def _seen_as(status: str) -> Q:
    return is_open() if status == CaseStatus.WAITING else Q(status=status) & ~is_open()


def _is_automatic() -> Q:
    """Cases whose answer is the model's: routed automatically, and nobody has decided otherwise since."""
    of_case = Decision.objects.filter(case=OuterRef("pk"), epoch=OuterRef("epoch"))
    routed = of_case.filter(sequence=0, route="auto")
    return Q(Exists(routed)) & ~Q(Exists(of_case.filter(sequence__gt=0, label__isnull=False)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _rows(cases: list[Case], is_blind: bool) -> list[Row]:
    schemas, assets = schemas_of(cases), assets_of(cases)
    said = said_by_people(cases) if is_blind else {}
    last = _last_decisions(cases)
    rows = []
    for case in cases:
        shown = preview(case, schemas[case.workflow_id, case.schema_version], assets)
        known, is_automatic = said.get(case.pk), False
        if known is None:
            decision = last.get(case.pk) if case.status == CaseStatus.DECIDED else None
            is_automatic = decision is not None and decision.route == "auto"
            by, at = (decision.actor_name, decision.decided_at) if decision else ("", None)
            known = VisibleAnswer(case.status, case.answer, by, at)
        rows.append(Row(case, shown, known, is_automatic))
    return rows


def _last_decisions(cases: list[Case]) -> dict[UUID, Decision]:
    decisions = (
        Decision.objects.filter(case__in=cases).order_by("case", "-epoch", "-sequence").distinct("case")
    )
    return {decision.case_id: decision for decision in decisions}
