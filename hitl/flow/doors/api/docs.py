"""What the API reference says about each request: parameters, bodies, every answer and every error."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from cases.types import CaseStatus
from hitl.flow.doors.api import examples, shapes
from hitl.flow.doors.api.headers import MAX_IDEMPOTENCY_KEY
from hitl.flow.doors.api.listing import DEFAULT_LIMIT, MAX_LIMIT
from hitl.flow.export.download import WHAT
from hitl.flow.export.formats import FORMATS

_PROBLEM = "application/problem+json"
_WHY = {
    400: "The body or a parameter cannot be read",
    401: "No key, or one that is unknown, revoked or expired",
    403: "The key lacks the scope",
    404: "There is no such thing, or it is not the key's",
    409: "It contradicts what is there: a reference that is taken, an archived workflow",
    411: "The length of the body is not announced",
    413: "Too many bytes or too many cases",
    415: "A content type that is not taken in",
    422: "Something does not fit; `errors` names each field and its fix",
    429: "Too many requests; wait as long as Retry-After says",
    503: "The database does not answer, or the rules are changing just now; send it again",
    507: "There is no room to keep it",
}


def problems(*statuses: int) -> dict[Any, Any]:
    return {
        (status, _PROBLEM): OpenApiResponse(shapes.base.ProblemDocument, description=_WHY[status])
        for status in sorted({400, 401, 403, 429, 503, *statuses})
    }


def _header(
    name: str, description: str, kind: OpenApiTypes | dict[str, Any] = OpenApiTypes.STR
) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.HEADER, description=description)


def _query(name: str, kind: OpenApiTypes | dict[str, Any], description: str) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=description)


def _one_of(words: Iterable[str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(words)}


_KEY = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_IDEMPOTENCY_KEY,
    "pattern": "^[!-~]([ -~]*[!-~])?$",
}
_SHORT = {"type": "string", "maxLength": 200}


SUBMIT = extend_schema(
    operation_id="submit_cases",
    summary="Submit one case or many",
    description=(
        "One object is one case: the answer is 201 with the decision in it, or with status `waiting` when a "
        "person decides. A JSON array or NDJSON is a batch of up to 10,000 cases or 32 MB: good ones are "
        "taken in, each of the others says why not, and the answer is 207. Files come as multipart parts "
        "named after their fields, or beforehand by `POST /api/v1/workflows/{slug}/media`."
    ),
    tags=["cases"],
    parameters=[
        _header(
            "Idempotency-Key",
            "Of your choice: the same request under the same key is answered as the first time, with "
            "`Idempotent-Replayed: true`, and decides nothing again.",
            _KEY,
        ),
        _header("Prefer", "`respond-async`: answer 202 at once and work the batch through later."),
    ],
    request={
        "application/json": shapes.cases.Submission,
        "application/x-ndjson": OpenApiTypes.STR,
        "multipart/form-data": shapes.cases.SubmissionWithFiles,
    },
    responses={
        201: OpenApiResponse(shapes.cases.Case, description="Accepted, now or by an earlier request"),
        200: OpenApiResponse(shapes.cases.BatchAnswer, description="All of a batch taken in"),
        207: OpenApiResponse(shapes.cases.BatchAnswer, description="Some of a batch taken in"),
        202: OpenApiResponse(shapes.cases.Batch, description="Accepted; `Location` says where to look"),
        **problems(404, 409, 411, 413, 415, 422, 507),
    },
    examples=examples.SUBMIT,
)
LIST_CASES = extend_schema(
    operation_id="list_cases",
    summary="List cases, newest first",
    tags=["cases"],
    parameters=[
        _query("cursor", OpenApiTypes.UUID, "`next` of the page before."),
        _query(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
            "How many.",
        ),
        _query("status", _one_of(CaseStatus.values), "The case's status."),
        _query("answer", _SHORT, "A label's name."),
        _query("reference", _SHORT, "Exactly this reference."),
        _query("received_after", OpenApiTypes.DATETIME, "This moment or later."),
        _query("received_before", OpenApiTypes.DATETIME, "Before this moment."),
    ],
    responses={200: shapes.cases.CasePage, **problems(404)},
)
GET_CASE = extend_schema(
    operation_id="get_case",
    summary="Look at one case",
    tags=["cases"],
    responses={200: shapes.cases.Case, **problems(404)},
    examples=examples.CASE,
)
GET_DECISIONS = extend_schema(
    operation_id="get_decisions",
    summary="The history of one case",
    tags=["cases"],
    responses={200: shapes.cases.History, **problems(404)},
)
WITHDRAW = extend_schema(
    operation_id="withdraw_case",
    summary="Take a case back",
    description="Nobody is asked about it any more; what was decided stays in its history.",
    tags=["cases"],
    request=None,
    responses={200: shapes.cases.Case, **problems(404, 409)},
)
GET_BATCH = extend_schema(
    operation_id="get_batch",
    summary="See how far a batch is",
    tags=["cases"],
    responses={200: shapes.cases.Batch, **problems(404)},
)
UPLOAD_MEDIA = extend_schema(
    operation_id="upload_media",
    summary="Upload an image or a recording",
    description="The body is the file: PNG, JPEG, WebP or PCM WAV, at most 25 MB. "
    "Cases of this workflow may name it.",
    tags=["cases"],
    request=dict.fromkeys(("image/png", "image/jpeg", "image/webp", "audio/wav"), OpenApiTypes.BINARY),
    responses={201: shapes.cases.Asset, **problems(404, 411, 413, 422, 507)},
)
EXPORT = extend_schema(
    operation_id="export",
    summary="Export cases, decisions or labels",
    tags=["cases"],
    parameters=[
        _query("what", {**_one_of(WHAT), "default": "cases"}, "Which rows."),
        _query("format", {**_one_of(FORMATS), "default": "csv"}, "In which form."),
        _query(
            "end", _one_of(("count",)), "How many rows there are, as the last line of CSV and JSON lines."
        ),
    ],
    responses={
        (200, "text/csv"): OpenApiTypes.STR,
        (200, "application/x-ndjson"): OpenApiTypes.STR,
        (200, "application/vnd.apache.parquet"): OpenApiTypes.BINARY,
        **problems(404),
    },
)
LIST_WORKFLOWS = extend_schema(
    operation_id="list_workflows",
    summary="List workflows",
    tags=["workflows"],
    responses={200: shapes.workflows.WorkflowList, **problems()},
)
CREATE_WORKFLOW = extend_schema(
    operation_id="create_workflow",
    summary="Set up a workflow",
    description="It takes cases at once. Without a model, every one of them goes to a person.",
    tags=["workflows"],
    request=shapes.workflows.NewWorkflow,
    responses={201: shapes.workflows.Workflow, **problems(409, 415, 422)},
    examples=examples.WORKFLOW,
)
GET_WORKFLOW = extend_schema(
    operation_id="get_workflow",
    summary="Look at a workflow",
    tags=["workflows"],
    responses={200: shapes.workflows.Workflow, **problems(404)},
)
LIST_RECALLS = extend_schema(
    operation_id="list_recalls",
    summary="List the recalls of a workflow",
    tags=["automation"],
    responses={200: shapes.recalls.RecallList, **problems(404)},
)
BEGIN_RECALL = extend_schema(
    operation_id="begin_recall",
    summary="Recall automatic decisions",
    description=(
        "Everything that is named narrows it. People are asked about so many a day, blind, the most harmful "
        "first; a decision stays until they have answered. `decision.recalled` is sent when they are asked, "
        "`decision.amended` when their answer differs, `recall.closed` at the end."
    ),
    tags=["automation"],
    request=shapes.recalls.NewRecall,
    responses={201: shapes.recalls.Recall, **problems(400, 404, 415, 422)},
)
GET_RECALL = extend_schema(
    operation_id="get_recall",
    summary="Look at a recall",
    description=(
        "`rest` bounds what may still be wrong in each period of the error budget: what was proved of the "
        "whole period, less what was found and mended."
    ),
    tags=["automation"],
    responses={200: shapes.recalls.Recall, **problems(404)},
)
GET_NEXT_DEGREE = extend_schema(
    operation_id="get_next_degree",
    summary="Ask why not one degree higher",
    description="Dates are predictions from the pace of the last week; null where it is too early to say.",
    tags=["automation"],
    responses={200: shapes.automation.NextDegree, **problems(404)},
)
GET_STOP = extend_schema(
    operation_id="get_stop",
    summary="Ask whether everything is stopped",
    tags=["automation"],
    responses={200: shapes.automation.Stop, **problems()},
)
STOP_EVERYTHING = extend_schema(
    operation_id="stop_everything",
    summary="Stop all automation",
    description=(
        "From the next case on people decide everything, in every workflow. A key may stop and never start: "
        "an operator who has signed in starts again. Stopped already, the first time and reason stay."
    ),
    tags=["automation"],
    request=shapes.automation.StopReason,
    responses={200: shapes.automation.Stop, **problems(400, 415, 422)},
)
STOP_WORKFLOW = extend_schema(
    operation_id="stop_workflow",
    summary="Stop the automation of a workflow",
    description="Trips its breaker. An operator who has signed in resets it.",
    tags=["automation"],
    request=shapes.automation.StopReason,
    responses={200: shapes.workflows.Workflow, **problems(400, 404, 415, 422)},
)
GET_CANARY = extend_schema(
    operation_id="get_canary",
    summary="Look at the canary of a workflow",
    description="What its last look found; null before the first.",
    tags=["automation"],
    responses={200: shapes.automation.Canary, **problems(404)},
)
HOLD_CANARY = extend_schema(
    operation_id="hold_canary",
    summary="Hold the canary of a workflow",
    description="It keeps its share until an operator who has signed in lets it go on.",
    tags=["automation"],
    request=shapes.automation.StopReason,
    responses={200: shapes.automation.Canary, **problems(400, 404, 409, 415, 422)},
)
ROLL_BACK_CANARY = extend_schema(
    operation_id="roll_back_canary",
    summary="Roll back the canary of a workflow",
    description="From the next case on the champion decides. What the canary decided can be recalled.",
    tags=["automation"],
    request=shapes.automation.StopReason,
    responses={200: shapes.automation.Canary, **problems(400, 404, 409, 415, 422)},
)
GET_BUDGET = extend_schema(
    operation_id="get_budget",
    summary="Look at the error budget of a workflow",
    description=(
        "Decisions count as delivered, for ever. `spent` is proved at every moment by audits alone; `plan` "
        "and `forecast` are beliefs. A closed period never changes: later answers are counted apart."
    ),
    tags=["workflows"],
    responses={200: shapes.budget.Budgets, **problems(404)},
)
GET_BUDGET_EVIDENCE = extend_schema(
    operation_id="get_budget_evidence",
    summary="Download what computes a closed period again",
    description="`docs/reference/recompute_budget.py` reads it, and needs NumPy alone.",
    tags=["workflows"],
    responses={200: shapes.budget.BudgetEvidence, **problems(404)},
)
CHANGE_WORKFLOW = extend_schema(
    operation_id="change_workflow",
    summary="Change a workflow",
    description=(
        "Other fields or labels make a new version of the schema: open tasks keep theirs, and models and "
        "certificates made for the old one decide nothing any more."
    ),
    tags=["workflows"],
    request=shapes.workflows.WorkflowChange,
    responses={200: shapes.workflows.Workflow, **problems(404, 415, 422)},
)
