"""Examples of the reference: real bodies, as the service sends and takes them."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from hitl.shared.errors import Problem

DECIDED: dict[str, Any] = {
    "id": "019341c2-7e0a-7c31-9a55-0f6b7e6f9d10",
    "workflow": "spam-mail",
    "reference": "mail-1042",
    "status": "decided",
    "answer": "spam",
    "is_final": True,
    "received_at": "2026-11-23T05:19:00.123456+00:00",
    "decision": {
        "route": "auto",
        "reason": "above_cutoff",
        "label": "spam",
        "confidence": 0.9971,
        "release": "spam-mail-3-1f9c0a7b",
        "cutoff_set": "019341b0-11aa-7b1e-8c55-3d2b7e6f9d10",
        "certificate": "019341af-02ce-7d3e-9c11-7a4b7e6f9d10",
        "decided_at": "2026-11-23T05:19:00.123456+00:00",
    },
}
WAITING: dict[str, Any] = {
    **DECIDED,
    "id": "019341c2-8f1b-7a02-8d41-5b0c7e6f9d10",
    "reference": "mail-1043",
    "status": "waiting",
    "answer": None,
    "is_final": False,
    "decision": {
        **dict.fromkeys(DECIDED["decision"]),
        "route": "review",
        "reason": "below_cutoff",
    },
}
_PROBLEM = {
    "type": "urn:hitl:problem:invalid",
    "title": "Unprocessable Entity",
    "status": 422,
    "detail": "The case was not taken in. See `errors` for each field and its fix.",
    "code": "invalid",
    "errors": [
        Problem(
            field="content.amount",
            error="is a text, not a number",
            fix="Send a JSON number, without quotes.",
        )
    ],
}

SUBMIT = [
    OpenApiExample(
        "one case",
        {"content": {"subject": "You won", "body": "Claim your prize now"}, "reference": "mail-1042"},
        request_only=True,
        media_type="application/json",
    ),
    OpenApiExample("decided at once", DECIDED, response_only=True, status_codes=["201"]),
    OpenApiExample("handed to a person", WAITING, response_only=True, status_codes=["201"]),
    OpenApiExample(
        "a batch, half of it good",
        {
            "accepted": 1,
            "rejected": 1,
            "items": [
                {"index": 0, "status": 201, "case": DECIDED},
                {"index": 1, "status": 422, "errors": _PROBLEM["errors"]},
            ],
        },
        response_only=True,
        status_codes=["207"],
    ),
    OpenApiExample(
        "a field that does not fit",
        _PROBLEM,
        response_only=True,
        status_codes=["422"],
        media_type="application/problem+json",
    ),
]
CASE = [
    OpenApiExample("decided at once", DECIDED, response_only=True, status_codes=["200"]),
    OpenApiExample("waits for a person", WAITING, response_only=True, status_codes=["200"]),
]
WORKFLOW = [
    OpenApiExample(
        "spam or not",
        {
            "slug": "spam-mail",
            "name": "Spam mail",
            "fields": [{"name": "subject", "kind": "text"}, {"name": "body", "kind": "text"}],
            "labels": [{"name": "ham"}, {"name": "spam", "meaning": "Nobody asked for it."}],
            "degree": "assist",
            "promise": {"target": 0.01, "confidence": 0.95},
        },
        request_only=True,
    )
]
