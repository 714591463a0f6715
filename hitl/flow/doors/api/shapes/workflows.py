"""Bodies about workflows: fields, labels, promise, review rules."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from hitl.flow.doors.api.shapes.base import Moment, Shape, said
from reviews.lease_length import DEFAULT_SECONDS
from science.fields import Kind


class Field(Shape):
    """One field of a workflow's cases."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    kind: Literal[tuple(kind.value for kind in Kind)]  # type: ignore[valid-type]  # the records name them
    required: bool = True
    options: Annotated[list[Annotated[str, Meta(min_length=1)]], said("Of a category; empty means any.")] = []
    minimum: float | None = None
    maximum: float | None = None
    max_length: Annotated[int, Meta(ge=1)] | None = None
    show: Annotated[bool, said("Explanations may point at it.")] = True
    mutable: Annotated[bool, said("A counterfactual may propose another value.")] = True
    personal: Annotated[bool, said("Masked in lists and exports.")] = False


class Label(Shape):
    """One answer a case may get."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    hotkey: Annotated[
        str, Meta(max_length=1, description="Its key at the desk; given out by itself when left out.")
    ] = ""
    cost: Annotated[float, Meta(gt=0, le=1e9, description="What deciding it wrongly costs.")] = 1.0
    meaning: str = ""


class Promise(Shape):
    """The largest share that may be wrong, and how it is audited."""

    target: Annotated[
        float, Meta(gt=0, lt=1, description="Largest share of automatic decisions that may be wrong.")
    ] = 0.01
    confidence: Annotated[float, Meta(gt=0.5, lt=1, description="With which that must hold.")] = 0.95
    scope: Literal["overall", "per_label"] = "overall"
    audit_base: Annotated[float, said("Share of automatic decisions that is audited.")] = 0.02
    audit_amber: Annotated[float, said("The same while the evidence is doubtful.")] = 0.25
    budget_period: Annotated[Literal["month", "quarter", "year"], said("How long an error budget lasts.")] = (
        "quarter"
    )
    audits_for_budget: Annotated[
        bool, said("Audit as often as it takes to prove the budget kept, up to `audit_amber`.")
    ] = True
    blind_share: Annotated[float, said("Least share of reviewed cases shown without the model's output.")] = (
        0.1
    )
    loss: Annotated[
        Literal["errors", "costs"], said("Whether each mistake counts the same, or what its label costs.")
    ] = "errors"
    corrects_misses: Annotated[
        bool, said("Prove a stricter promise, by what reviewers miss of known-answer cases.")
    ] = False


class ReasonCode(Shape):
    """A reason to choose for a label."""

    code: Annotated[str, Meta(max_length=50)]
    words: Annotated[str, Meta(max_length=200)] = ""
    required: Annotated[bool, said("Answers with this label name one of its codes.")] = False


class ReviewRules(Shape):
    """How a workflow's cases are reviewed."""

    reviews_required: int = 1
    lease_seconds: int = DEFAULT_SECONDS
    due_hours: float = 24
    decide_first_share: Annotated[
        float, said("Share of the cases with a suggestion that are answered once before it is shown.")
    ] = 0.0
    on_demand: Annotated[bool, said("Show the suggestion only when the reviewer asks for it.")] = False
    second_read_share: Annotated[
        float, said("Share of the audits that agree with the model which a second person reads.")
    ] = 0.05
    known_answer_rate: Annotated[float, said("Known-answer cases per blind case, at most 0.5.")] = 0.0
    order: Annotated[Literal["due", "age"], said("What goes first among cases of the same priority.")] = "due"
    value_hours: Annotated[
        float,
        said(
            "How many hours a case may move up in the queue when the model is unsure and a mistake"
            " would cost much."
        ),
    ] = 0.0
    sla_action: Annotated[
        Literal["none", "raise", "escalate", "default"], said("What is done with an overdue case.")
    ] = "none"
    default_label: Annotated[
        str, said("The answer that an overdue case gets, where `sla_action` is `default`.")
    ] = ""
    hold_max_hours: Annotated[float, said("For how long a case may be on hold, in hours.")] = 72
    hold_cap: Annotated[int, said("How many cases one person may have on hold.")] = 10
    skip_rules: Annotated[
        dict[str, Literal["me", "others", "drop"]],
        said("For each reason to skip, who is offered the case then; `drop` withdraws it."),
    ] = {}
    reason_codes: Annotated[
        dict[str, list[ReasonCode]], said("For each label, the reasons to choose from.")
    ] = {}
    ready_notes: Annotated[list[str], said("Comments that reviewers can put in by a key, at most 20.")] = []
    skills: Annotated[list[str], said("Only people with all of them are offered the cases.")] = []
    team: Annotated[str | None, said("Only its members are offered the cases.")] = None


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
        ReviewRules | UnsetType, said("Those that are named change; the others stay.")
    ] = UNSET


class NewWorkflow(Shape):
    """A workflow to set up."""

    slug: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,49}$", description="Its name in URLs.")]
    fields: Annotated[list[Field], Meta(min_length=1, max_length=200)]
    labels: Annotated[list[Label], Meta(min_length=2, max_length=100)]
    name: Annotated[str, Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    description: str = ""
    review_policy: Annotated[str, said("The policy that reviewers decide by.")] = ""
    entity_field: Annotated[
        str, said("The field that says which cases belong together; empty where none does.")
    ] = ""
    degree: Literal["human_only", "shadow", "assist", "partial"] = "human_only"
    promise: Promise | UnsetType = UNSET
    needs_second_person: bool = False
    review_rules: ReviewRules | UnsetType = UNSET


class Stopped(Shape):
    """Why nothing of a workflow is decided automatically that could be."""

    what: Annotated[
        Literal["everything", "workflow"],
        said("All automation is stopped, or this workflow's breaker has tripped."),
    ]
    since: Moment
    reason: str


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
