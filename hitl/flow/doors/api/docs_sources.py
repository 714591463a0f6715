"""What the API reference says about models elsewhere."""

from drf_spectacular.utils import extend_schema

from hitl.flow.doors.api import shapes
from hitl.flow.doors.api.docs import problems

LIST_SOURCES = extend_schema(
    operation_id="list_sources",
    summary="List the models elsewhere of a workflow",
    tags=["automation"],
    responses={200: shapes.sources.SourceList, **problems(404)},
)
PROPOSE_SOURCE = extend_schema(
    operation_id="propose_source",
    summary="Propose a version of a model elsewhere",
    description=(
        "Its label map is tried on the known answers: one that is turned round is refused, with the map that "
        "would fit. Nobody listens to the source until an operator or administrator who has signed in "
        "confirms it; then its scores come with cases, in `scores`."
    ),
    tags=["automation"],
    request=shapes.sources.NewSource,
    responses={201: shapes.sources.Source, **problems(400, 404, 409, 415, 422)},
)
