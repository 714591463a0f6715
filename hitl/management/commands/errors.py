"""`python3 manage.py errors`: write the list of refusals where the documentation keeps it."""

import re
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from hitl.shared.errors import HitlError

REFERENCE = settings.BASE_DIR / "docs" / "reference" / "errors.md"
PACKAGES = ("hitl", "cases", "models_store", "policy", "reviews", "monitoring")

_HEAD = """\
# Errors

<!-- Written by `python3 manage.py errors`, from the errors themselves. A test compares. -->

Whatever cannot be done is said in one sentence. The API answers with `application/problem+json` (RFC 9457):

```json
{"type": "urn:hitl:problem:invalid", "title": "Unprocessable Entity", "status": 422,
 "detail": "The case was not taken in. See `errors` for each field and its fix.", "code": "invalid",
 "errors": [{"field": "content.amount", "error": "is a text, not a number",
             "fix": "Send a JSON number, without quotes."}]}
```

Rely on `code` and `status`; sentences may become better. Where fields do not fit, `errors` names each with
its fix. Pages show the same sentence. Every answer of the API carries `X-Request-Id`: name it when you ask
for help.

| code | status | meaning | what to do |
|---|---|---|---|
"""
_OF_THE_DOOR = {
    ("bad_request", 400): "The request could not be read. Correct it before you send it again.",
    (
        "not_authenticated",
        401,
    ): "No key was sent, or one that is unknown, revoked or expired. Send an API key as"
    " `Authorization: Bearer hitl_...`.",
    ("method_not_allowed", 405): "This address does not know that method. `/api/docs/` lists what it knows.",
    ("reference_taken", 409): "A case of the workflow has this reference already. Send another, or none.",
    ("length_required", 411): "The length of the body is not announced. Send `Content-Length`.",
    ("too_long", 414): "The address is too long. Send fewer characters.",
    ("too_long", 431): "A header is too long. Send fewer characters.",
    ("internal_error", 500): "Something went wrong in the service. Send it again, what writes with"
    " the same `Idempotency-Key`; if it stays, tell the operator the `X-Request-Id`.",
}
"""What the API's doors refuse without an error class of their own."""

ADVICE = {
    "already_decided": "Ask a lead or an operator to change the answer.",
    "already_there": "There is nothing to do.",
    "bad_parameter": "`errors` names each with what may stand there.",
    "evidence_missing": "The sentence says what is missing; the automation page shows how to get it.",
    "lease_expired": "Take the case again, or go on to the next; what was typed is kept in the browser.",
    "no_model": "Import a history or answer cases, then train.",
    "nothing_certified": "The certificate on the automation page says how many labels are missing.",
    "nothing_to_undo": "There is nothing to do.",
    "run_is_over": "Start another.",
    "second_person_needed": "Ask another operator.",
    "too_large": "Send less at once; `/limits/` says what fits.",
    "too_many_attempts": "Wait as long as the sentence says.",
    "sign_in_busy": "Wait as long as Retry-After says.",
    "unsupported_media_type": "Set `Content-Type` to one of these.",
    "workflow_archived": "Restore the workflow, or submit to another.",
}
"""What to do where an error's own sentence leaves it open."""

_USUALLY = {
    400: "Correct the request.",
    403: "Ask an administrator for the role or scope.",
    404: "Check the address; what is not yours answers the same.",
    409: "Load it again and see how things stand now.",
    422: "Correct the fields that `errors` names.",
}


def all_errors() -> set[type[HitlError]]:
    """Return every error of the product, importing the modules that define one."""
    for package in PACKAGES:
        for file in (settings.BASE_DIR / package).rglob("*.py"):
            if re.search(r"^class \w+\(\w+\):(?=(?s:.)*^ +code\b)", file.read_text(), flags=re.MULTILINE):
                import_module(".".join(file.relative_to(settings.BASE_DIR).with_suffix("").parts))
    return set(_below(HitlError))


def _below(error: type[HitlError]) -> Iterator[type[HitlError]]:
    for child in error.__subclasses__():
        yield child
        yield from _below(child)


def document() -> str:
    """Return the page: one row for each code and status."""
    said: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for error in all_errors():
        said[error.code, error.status].add(" ".join((error.__doc__ or "").split()))
    for key, words in _OF_THE_DOOR.items():
        said[key].add(words)
    rows = [
        _row(code, status, words)
        for (code, status), sentences in sorted(said.items(), key=lambda item: (item[0][1], item[0][0]))
        for words in sorted(sentences)
    ]
    return _HEAD + "".join(rows)


def _row(code: str, status: int, words: str) -> str:
    meaning, _, fix = words.partition(". ")
    meaning = meaning.removesuffix(".") + "."
    advice = ADVICE.get(code) or fix or _USUALLY.get(status, "Try again.")
    return f"| `{code}` | {status} | {meaning} | {advice} |\n"


class Command(BaseCommand):
    help = "Write docs/reference/errors.md anew, after an error was added or changed."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        REFERENCE.write_text(document())
        self.stdout.write(f"Wrote {REFERENCE.relative_to(settings.BASE_DIR)}.")
