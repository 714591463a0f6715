"""The shapes of bodies, for the reference and its tests: the views read and write JSON without them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from policy.types import REASONS, ROUTES
from science.fields import Kind


def _said(description: str) -> Meta:
    return Meta(description=description)


Moment = Annotated[datetime, Meta(tz=True)]


class Shape(Struct, forbid_unknown_fields=True):
    """A JSON object."""


class ProblemField(Shape):
    """One field that does not fit."""

    field: Annotated[str, _said("Where, like `content.amount`.")]
    error: Annotated[str, _said("What is wrong with it.")]
    fix: Annotated[str, _said("How to mend it.")]


class Problem(Shape):
    """Why a request was not carried out (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: Annotated[str, _said("For machines; does not change.")]
    errors: list[ProblemField] | UnsetType = UNSET


class Decision(Shape):
    """What was decided, as far as a submitter may know: nothing of the model while a person is awaited."""

    route: Annotated[Literal[tuple(route for route, _ in ROUTES)], _said("Who decides.")]  # type: ignore[valid-type]  # named there
    reason: Annotated[Literal[(*(reason for reason, _ in REASONS), "imported")], _said("Why; see the list.")]  # type: ignore[valid-type]  # as above
    label: str | None
    confidence: Annotated[float | None, _said("Calibrated probability that the label is right.")]
    release: str | None
    cutoff_set: UUID | None
    certificate: UUID | None
    decided_at: Moment | None


class Case(Shape):
    """A case with its status and answer."""

    id: UUID
    workflow: str
    reference: str | None
    status: Literal["waiting", "decided", "withdrawn"]
    answer: Annotated[str | None, _said("What the case counts as now.")]
    is_final: Annotated[bool, _said("False while the answer may still be taken back.")]
    received_at: Moment
    decision: Decision


class HistoryEntry(Decision):
    """One decision in the history of a case."""

    epoch: Annotated[int, _said("1 in every case today; kept for recalls and appeals to come.")]
    sequence: Annotated[int, _said("0 is the routing.")]
    by: Literal["service", "person", "submitter"]
    at: Moment


class History(Shape):
    """Every decision about a case, oldest first."""

    case: UUID
    items: list[HistoryEntry]


class Submission(Shape):
    """One case to decide."""

    content: Annotated[dict[str, Any], _said("The workflow's fields.")]
    reference: Annotated[
        str, Meta(max_length=200, description="Your own name for it, unique in the workflow.")
    ] | (UnsetType) = UNSET
    entity: Annotated[
        str,
        Meta(
            max_length=200,
            description="What it belongs to, if cases belong together: a customer, a speaker, a document.",
        ),
    ] | (UnsetType) = UNSET


class SubmissionWithFiles(Shape):
    """One case with its files: each media field is a part of its own, named after it, with a filename."""

    content: Annotated[str, _said("The other fields, as JSON.")] | UnsetType = UNSET
    reference: str | UnsetType = UNSET
    entity: str | UnsetType = UNSET
    photo: Annotated[bytes, _said("An example of a field.")] | UnsetType = UNSET


class BatchItem(Shape):
    """What became of one case of a batch."""

    index: Annotated[int, _said("Its place in the batch, from 0.")]
    status: Annotated[int, _said("201 taken in, 409 reference taken, 422 does not fit.")]
    case: Case | UnsetType = UNSET
    errors: list[ProblemField] | UnsetType = UNSET


class BatchAnswer(Shape):
    """What became of a batch."""

    accepted: int
    rejected: int
    items: list[BatchItem]


class NamedCase(Shape):
    """A case that was taken in; `GET` tells the rest."""

    id: UUID
    reference: str | None


class LaterItem(Shape):
    """What became of one case of a batch that was worked on later."""

    index: int
    status: int
    case: NamedCase | UnsetType = UNSET
    errors: list[ProblemField] | UnsetType = UNSET


class Batch(Shape):
    """A batch that is worked on later."""

    id: UUID
    status: Literal["queued", "running", "done", "failed"]
    received_at: Moment
    finished_at: Moment | None
    accepted: int
    rejected: int
    items: list[LaterItem]
    reason: str | None


class CasePage(Shape):
    """A page of cases, newest first."""

    items: list[Case]
    next: Annotated[UUID | None, _said("The cursor of the next page; null at the end.")]


class Asset(Shape):
    """A file that was taken in."""

    asset: Annotated[str, _said('Put `{"asset": "..."}` into the field of a case.')]
    media_type: str
    size_bytes: int
    width: int | None
    height: int | None
    duration_ms: int | None


class Field(Shape):
    """One field of a workflow's cases."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    kind: Literal[tuple(kind.value for kind in Kind)]  # type: ignore[valid-type]  # the records name them
    required: bool = True
    options: Annotated[
        list[Annotated[str, Meta(min_length=1)]], _said("Of a category; empty means any.")
    ] = []
    minimum: float | None = None
    maximum: float | None = None
    max_length: Annotated[int, Meta(ge=1)] | None = None
    show: Annotated[bool, _said("Explanations may point at it.")] = True
    mutable: Annotated[bool, _said("A counterfactual may propose another value.")] = True
    personal: Annotated[bool, _said("Masked in lists and exports.")] = False


class Label(Shape):
    """One answer a case may get."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    hotkey: Annotated[
        str, Meta(max_length=1, description="Its key at the desk; given out by itself when left out.")
    ] = ""
    cost: Annotated[float, Meta(gt=0, le=1e9, description="What deciding it wrongly costs.")] = 1.0
    meaning: str = ""


class Spent(Shape):
    """Wrong decisions delivered; with costs, the sum of what they cost."""

    low: Annotated[float, _said("Fewer are refuted.")]
    high: Annotated[float, _said("More are refuted.")]
    estimate: float
    unanswered: Annotated[float, _said("What unanswered audits would add if all were wrong.")]


class BudgetUnit(Shape):
    """One unit of the promise: all decisions, or those of one label."""

    label: str | None
    decisions: Annotated[int, _said("Taken in so far.")]
    audits: int
    unanswered: Annotated[int, _said("Audits without a final answer: wrong for the model, right against it.")]
    allowed: Annotated[float, _said("Wrong decisions that the promise allows in the whole period.")]
    spent: Spent
    still_wrong: Annotated[Spent, _said("Delivered and not mended.")]
    plan: Annotated[dict[str, Any] | None, _said("While it runs: audits and the chance of a proof.")] = None
    forecast: Annotated[dict[str, Any] | None, _said("While it runs: a belief, no proof.")] = None
    result: Annotated[dict[str, Any] | None, _said("Once closed: verdict and its numbers.")] = None


class BudgetState(Shape):
    """One period."""

    id: str
    begins_at: datetime
    ends_at: Annotated[datetime, _said("End excluded.")]
    frozen_at: Annotated[datetime, _said("When its terms were fixed.")]
    state: Literal["too_early", "kept", "broken", "not_decided", "nothing"]
    scope: Literal["overall", "per_label"]
    loss: Literal["errors", "costs"]
    target: float
    confidence: float
    decisions: Annotated[int, _said("That the model made in it.")]
    units: list[BudgetUnit]
    expected: Annotated[int | None, _said("Decisions that the whole period will have.")] = None
    waits_for_audits: Annotated[int | None, _said("Decisions behind an audit that is open.")] = None
    overspends_since: datetime | None = None
    audit_rate: Annotated[dict[str, Any] | None, _said("Now, the least of this period, and why.")] = None
    closed_at: datetime | None = None
    sha256: Annotated[str | None, _said("Of the evidence, as in the audit log.")] = None
    late_answers: Annotated[int | None, _said("Audits answered after it was closed; not in it.")] = None
    evidence: Annotated[str | None, _said("Where to download what computes it again.")] = None


class Budgets(Shape):
    """The error budget of a workflow."""

    length: Literal["month", "quarter", "year"]
    current: BudgetState | None
    ended: list[BudgetState]


class BudgetEvidence(Shape):
    """A closed period with all that computes its verdict again."""

    id: str
    workflow: str
    begins_at: datetime
    ends_at: datetime
    frozen_at: datetime
    closed_at: datetime
    scope: str
    loss: str
    target: float
    confidence: float
    verdict: str
    results: list[dict[str, Any]]
    plan: dict[str, Any]
    costs: dict[str, float]
    sha256: str
    units: Annotated[list[dict[str, Any]], _said("Terms, bets and every audit: probability, draw, loss.")]


class Promise(Shape):
    """The largest share that may be wrong, and how it is audited."""

    target: Annotated[
        float, Meta(gt=0, lt=1, description="Largest share of automatic decisions that may be wrong.")
    ] = 0.01
    confidence: Annotated[float, Meta(gt=0.5, lt=1, description="With which that must hold.")] = 0.95
    scope: Literal["overall", "per_label"] = "overall"
    audit_base: Annotated[float, _said("Share of automatic decisions that is audited.")] = 0.02
    audit_amber: Annotated[float, _said("The same while the evidence is doubtful.")] = 0.25
    budget_period: Annotated[
        Literal["month", "quarter", "year"], _said("How long an error budget lasts.")
    ] = "quarter"
    audits_for_budget: Annotated[
        bool, _said("Audit as often as it takes to prove the budget kept, up to `audit_amber`.")
    ] = True
    blind_share: Annotated[
        float, _said("Least share of reviewed cases shown without the model's output.")
    ] = 0.1
    loss: Annotated[
        Literal["errors", "costs"], _said("Whether each mistake counts the same, or what its label costs.")
    ] = "errors"
    corrects_misses: Annotated[
        bool, _said("Prove a stricter promise, by what reviewers miss of known-answer cases.")
    ] = False


class ReasonCode(Shape):
    """A reason to choose for a label."""

    code: Annotated[str, Meta(max_length=50)]
    words: Annotated[str, Meta(max_length=200)] = ""
    required: Annotated[bool, _said("Answers with this label name one of its codes.")] = False


class ReviewRules(Shape):
    """How a workflow's cases are reviewed."""

    reviews_required: int = 1
    lease_seconds: int = 300
    due_hours: float = 24
    decide_first_share: Annotated[
        float, _said("Share of the cases with a suggestion that are answered once before it is shown.")
    ] = 0.0
    on_demand: Annotated[bool, _said("Show the suggestion only when the reviewer asks for it.")] = False
    second_read_share: Annotated[
        float, _said("Share of the audits that agree with the model which a second person reads.")
    ] = 0.05
    known_answer_rate: Annotated[float, _said("Known-answer cases per blind case, at most 0.5.")] = 0.0
    order: Annotated[Literal["due", "age"], _said("What goes first among cases of the same priority.")] = (
        "due"
    )
    value_hours: Annotated[
        float,
        _said(
            "How many hours a case may move up in the queue when the model is unsure and a mistake"
            " would cost much."
        ),
    ] = 0.0
    sla_action: Annotated[
        Literal["none", "raise", "escalate", "default"], _said("What is done with an overdue case.")
    ] = "none"
    default_label: Annotated[
        str, _said("The answer that an overdue case gets, where `sla_action` is `default`.")
    ] = ""
    hold_max_hours: Annotated[float, _said("For how long a case may be on hold, in hours.")] = 72
    hold_cap: Annotated[int, _said("How many cases one person may have on hold.")] = 10
    skip_rules: Annotated[
        dict[str, Literal["me", "others", "drop"]],
        _said("For each reason to skip, who is offered the case then; `drop` withdraws it."),
    ] = {}
    reason_codes: Annotated[
        dict[str, list[ReasonCode]], _said("For each label, the reasons to choose from.")
    ] = {}
    ready_notes: Annotated[list[str], _said("Comments that reviewers can put in by a key, at most 20.")] = []
    skills: Annotated[list[str], _said("Only people with all of them are offered the cases.")] = []
    team: Annotated[str | None, _said("Only its members are offered the cases.")] = None


class WorkflowChange(Shape):
    """What may be changed; whatever is left out stays."""

    name: Annotated[str, Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    description: str | UnsetType = UNSET
    review_policy: str | UnsetType = UNSET
    fields: Annotated[list[Field], Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    labels: Annotated[list[Label], Meta(min_length=2, max_length=100)] | UnsetType = UNSET
    entity_field: str | UnsetType = UNSET
    is_archived: bool | UnsetType = UNSET
    review_rules: Annotated[
        ReviewRules | UnsetType, _said("Those that are named change; the others stay.")
    ] = UNSET


class NewWorkflow(Shape):
    """A workflow to set up."""

    slug: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,49}$", description="Its name in URLs.")]
    fields: Annotated[list[Field], Meta(min_length=1, max_length=200)]
    labels: Annotated[list[Label], Meta(min_length=2, max_length=100)]
    name: Annotated[str, Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    description: str = ""
    review_policy: Annotated[str, _said("The policy that reviewers decide by.")] = ""
    entity_field: Annotated[
        str, _said("The field that says which cases belong together; empty where none does.")
    ] = ""
    degree: Literal["human_only", "shadow", "assist", "partial"] = "human_only"
    promise: Promise | UnsetType = UNSET
    needs_second_person: bool = False
    review_rules: ReviewRules | UnsetType = UNSET


class Stopped(Shape):
    """Why nothing of a workflow is decided automatically that could be."""

    what: Annotated[
        Literal["everything", "workflow"],
        _said("All automation is stopped, or this workflow's breaker has tripped."),
    ]
    since: Moment
    reason: str


class RecallTakes(Shape):
    """What a recall takes: only what is named."""

    release: str | UnsetType = UNSET
    label: str | UnsetType = UNSET
    since: str | UnsetType = UNSET
    until: str | UnsetType = UNSET
    field: str | UnsetType = UNSET
    value: str | UnsetType = UNSET
    entity: str | UnsetType = UNSET


class NewRecall(Shape):
    """A recall to begin; at least one of the first seven is named."""

    per_day: Annotated[int, Meta(ge=1, le=100_000, description="Cases a day that people are asked about.")]
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    release: Annotated[UUID | UnsetType, _said("The id of a model.")] = UNSET
    label: Annotated[str | UnsetType, _said("What was decided.")] = UNSET
    since: Moment | UnsetType = UNSET
    until: Moment | UnsetType = UNSET
    field: str | UnsetType = UNSET
    value: Annotated[str | UnsetType, _said("Of the field, as text.")] = UNSET
    entity: str | UnsetType = UNSET


class RecallRest(Shape):
    """What may still be wrong in one period of the error budget."""

    begins_at: str
    ends_at: str
    label: str | None
    decisions: int
    at_most: Annotated[float, _said("Wrong decisions as delivered, at most.")]
    still_at_most: Annotated[float, _said("The same, less all that were found and mended.")]


class RecallFound(Shape):
    """How far a recall is, and what it has found."""

    total: int
    waiting: Annotated[int, _said("Nobody has been asked about them yet.")]
    asked: int
    answered: int
    passed_by: Annotated[int, _said("People had spoken before their turn came, or they were withdrawn.")]
    wrong: int
    rest: list[RecallRest]


class Recall(Shape):
    """A recall of automatic decisions."""

    id: UUID
    takes: RecallTakes
    reason: str
    per_day: int
    begun_at: Moment
    begun_by: str
    is_listed: bool
    closed_at: Moment | None
    found: RecallFound


class RecallList(Shape):
    """The recalls of a workflow."""

    items: list[Recall]


class NextDegree(Shape):
    """What stands between a workflow and the degree above its own."""

    degree: Literal["human_only", "shadow", "assist", "partial", "full"]
    next: Literal["shadow", "assist", "partial", "full"] | None
    missing: Annotated[str, _said("Why it may not be chosen; empty where it may.")]
    advice: str
    labels: Annotated[int | None, _said("About how many more labels it takes.")]
    likely_at: Annotated[Moment | None, _said("A prediction; null where it is too early to say.")]
    waits_for: Literal["nothing", "labels", "person", "unknown"]


class Stop(Shape):
    """Whether all automation of the service is stopped."""

    is_stopped: bool
    since: Moment | None
    by: str | None
    reason: str | None


class Canary(Shape):
    """A release that decides a share of the cases beside the champion."""

    release: str
    champion: str
    share: Annotated[float, _said("Of the cases, from 0 to 1.")]
    step_since: Moment
    held_by: Literal["person", "signal", "balance", "proof", "ready"] | None
    reason: str | None
    end: Literal["promoted", "rolled_back", "abandoned"] | None
    answers: Annotated[int | None, _said("Audited and answered; those of one group count once.")]
    wrong: float | None
    missing: Annotated[int | None, _said("Answers that this step waits for.")]
    expected_at: Annotated[Moment | None, _said("When they are probably there.")]


class StopReason(Shape):
    """Why automation is stopped."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class Workflow(Shape):
    """A workflow."""

    id: UUID
    slug: str
    name: str
    description: str
    review_policy: str
    is_archived: bool
    schema_version: int
    fields: list[Field]
    labels: list[Label]
    entity_field: str
    degree: Literal["human_only", "shadow", "assist", "partial", "full"]
    promise: Promise
    needs_second_person: bool
    stopped: Stopped | None
    review_rules: ReviewRules
    created_at: Moment


class WorkflowList(Shape):
    """The workflows of a key."""

    items: list[Workflow]
