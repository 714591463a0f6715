"""What is told about a model elsewhere that is to be asked: where, how, how long, at what price; checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cases.content import checker_for
from cases.kinds import KINDS
from hitl.outbox.addresses import check_new_url
from hitl.shared.errors import Invalid, Problem
from hitl.shared.words import Words, figure
from models_store.doors.chat import LETTERS, MAX_VOTES
from models_store.doors.template import CASES
from models_store.services import onnx_files
from models_store.types import Door
from science.fields import Schema

MAX_SECONDS, MAX_DEADLINE = 120.0, 3600.0
REMOTE = (Door.OPEN_INFERENCE, Door.MLFLOW, Door.TEMPLATE, Door.CHAT, Door.ONNX)
_NUMERIC = ("number", "boolean")  # columns that are sent as numbers
_TEXTS = ("input", "output", "prompt", "predictions", "version_at")


@dataclass(frozen=True, slots=True)
class RemoteTerms:
    """How a model elsewhere is asked.

    Attributes:
        secret: the value of the header Authorization; empty sends none.
        options: of the door; `classes` is the order of the model's labels in lists of probabilities.
        seconds: that one answer may take. deadline_seconds: that a case waits before a person is asked.
        price: of a call, or of 1,000 tokens where a language model counts them.
        file: the ONNX file that workers run, instead of an address.
    """

    door: str
    address: str
    secret: str = ""
    options: Mapping[str, Any] | None = None
    seconds: float = 10.0
    deadline_seconds: float = 60.0
    price: float = 0.0
    file: bytes = b""


def checked_options(terms: RemoteTerms, label_map: Mapping[str, str], schema: Schema) -> dict[str, Any]:
    """Return the door's options with the fields that are sent.

    Raises:
        Invalid: something does not fit; each is named with its fix.
    """
    errors = []

    def wrong(field: str, error: str, fix: str) -> None:
        errors.append(Problem(field=field, error=error, fix=fix))

    if terms.door not in REMOTE:
        wrong("door", Words("is none"), Words("Use one of %(names)s.", names=", ".join(REMOTE)))
    if terms.door == Door.ONNX:
        if not 0 < len(terms.file) <= onnx_files.MAX_BYTES:
            fix = Words("Send an ONNX file of at most %(most)s MiB.", most=onnx_files.MAX_BYTES // 1024**2)
            wrong("file", Words("is too large") if terms.file else Words("is missing"), fix)
    else:
        check_new_url(terms.address)
    if not (terms.secret.isascii() and (terms.secret.isprintable() or not terms.secret)):
        wrong("secret", Words("is no value of a header"), Words("Send printable ASCII, like Bearer sk-...."))
    for name, value, most in (
        ("seconds", terms.seconds, MAX_SECONDS),
        ("deadline_seconds", terms.deadline_seconds, MAX_DEADLINE),
        ("price", terms.price, 1e6),
    ):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not (0 if name == "price" else 0.1) <= value <= most:
            wrong(name, Words("is out of range"), Words("Send a number up to %(most)s.", most=figure(most)))
    options = dict(terms.options or {})
    unknown = sorted(set(options) - {*_TEXTS, "classes", "template", "votes", "rationale"})
    if unknown:
        wrong(f"options.{unknown[0][:40]}", Words("is not known"), Words("Leave it out."))
    for name in _TEXTS:
        if not isinstance(options.get(name, ""), str) or len(options.get(name, "")) > 20_000:
            wrong(f"options.{name}", Words("is not a text"), Words("Send it in quotes."))
    classes = options.get("classes") or list(label_map)
    if not isinstance(classes, list) or sorted(map(str, classes)) != sorted(label_map):
        fix = Words("Name each label of the map once, in the order of the model's probabilities.")
        wrong("options.classes", Words("is not the labels of the map"), fix)
    if terms.door == Door.TEMPLATE and (
        not _has_cases(options.get("template")) or not options.get("predictions")
    ):
        fix = Words('Send a template with "%(cases)s" in it, and the path of the predictions.', cases=CASES)
        wrong("options.template", Words("has no place for the cases, or no path leads to the answers"), fix)
    if not isinstance(options.get("rationale", False), bool) or (
        options.get("rationale") and terms.door != Door.CHAT
    ):
        fix = Words("Send true or false, and true to a language model only.")
        wrong("options.rationale", Words("does not fit"), fix)
    if terms.door == Door.CHAT:
        votes = options.get("votes") or 0
        if not isinstance(votes, int) or not 0 <= votes <= MAX_VOTES:
            wrong("options.votes", Words("is out of range"), Words("Send 0 to %(most)s.", most=MAX_VOTES))
        if not options.get("prompt"):
            wrong(
                "options.prompt",
                Words("is missing"),
                Words("Say what is asked, with {field} where a field goes."),
            )
        if len(label_map) > len(LETTERS):
            wrong(
                "label_map",
                Words("has more than %(most)s labels", most=len(LETTERS)),
                Words("A language model is asked for a letter."),
            )
    fields = [field.name for field in schema.fields if not field.is_media]
    numbers = [field.name for field in schema.fields if KINDS[field.kind].column in _NUMERIC]
    if options.get("input") and len(fields) > 1 and len(numbers) < len(fields):
        fix = Words("Leave it out: then each field is an input of its own, named as the field is.")
        wrong("options.input", Words("is one for several fields that are not all numbers"), fix)
    if not fields:
        wrong(
            "door",
            Words("has nothing to send"),
            Words("Images and recordings are not sent; send scores with the cases."),
        )
    if errors:
        raise Invalid(errors)
    return options | {"classes": classes, "fields": fields, "numbers": numbers}


def _has_cases(part: Any) -> bool:
    if isinstance(part, dict):
        return any(map(_has_cases, part.values()))
    return any(map(_has_cases, part)) if isinstance(part, list) else part == CASES


def checked_contents(known_answers: list[Any], schema: Schema, labels: list[str]) -> list[dict[str, Any]]:
    """Return known answers that a worker can ask about.

    Raises:
        Invalid: a content or a label does not fit.
    """
    check = checker_for(schema).check
    found, errors = [], []
    for place, one in enumerate(known_answers):
        given = one if isinstance(one, Mapping) else {}
        content, problems = check(given.get("content"))
        where = f"known_answers[{place}]"
        if content is None:
            error, fix = (
                (problems[0]["error"], problems[0]["fix"]) if problems else (Words("does not fit"), "")
            )
            errors.append(Problem(field=f"{where}.content", error=error, fix=fix))
        elif given.get("label") not in labels:
            fix = Words("Give the true answer, one of %(names)s.", names=", ".join(labels))
            errors.append(Problem(field=f"{where}.label", error="is no label that the map leads to", fix=fix))
        else:
            found.append({"content": content, "label": given["label"]})
    if errors:
        raise Invalid(errors[:20])
    return found
