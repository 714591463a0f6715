"""Read, check and change a workflow's review rules."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from cases.models import Workflow
from cases.selectors import schema_in_force
from cases.services.versions import bump
from hitl.accounts.automation import require_answerable
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, NotFound, Problem
from hitl.shared.jobs import enqueue
from hitl.shared.words import Words
from reviews.models import ReviewRules, Task, Team
from reviews.types import MAX_NOTE, MAX_NOTES, OrderKind, SkipReason, SkipRule, SlaAction

RANK_AGAIN_JOB = "reviews.rank_again"
MAX_DUE_HOURS = 8_760  # a year
MAX_CODES = 50  # of one label
MAX_WORDS = 200
_PROBLEM = "review_rules"


def rules_of(task: Task) -> ReviewRules:
    """Return how the task's workflow is reviewed; the defaults where nothing else was said."""
    return getattr(task.workflow, "review_rules", None) or ReviewRules(workflow_id=task.workflow_id)


def rules_of_workflow(workflow_id: UUID) -> ReviewRules:
    """Return how a workflow is reviewed; the defaults where nothing else was said."""
    said = ReviewRules.objects.filter(workflow_id=workflow_id).first()
    return said or ReviewRules(workflow_id=workflow_id)


def skip_rule(rules: ReviewRules, reason: str) -> str:
    """Return what becomes of a task that is skipped for a reason."""
    return str(rules.skip_rules.get(reason, usual_rule(reason)))


def usual_rule(reason: str) -> SkipRule:
    """Return what becomes of it by default.

    It comes back after a while; but who should not decide a case never sees it again.
    """
    return SkipRule.OTHERS if reason == SkipReason.CONFLICT else SkipRule.ME


@transaction.atomic
def change_rules(*, workflow_id: UUID, values: Mapping[str, Any], actor: Actor, now: datetime) -> ReviewRules:
    """Change what is named and leave the rest; cases that come in from now on follow the new rules.

    Where the order changes, its version rises and a job works out the place of every open task anew.

    Raises:
        NotFound: there is no such workflow.
        Invalid: something does not fit; each is named with its fix, and nothing is written.
        PersonNeeded, NotAllowed: it would decide more cases without a person than the actor may allow.
    """
    workflow = Workflow.objects.select_for_update(no_key=True).filter(pk=workflow_id).first()
    if workflow is None:
        raise NotFound()
    labels = schema_in_force(workflow).label_names
    rules = rules_of_workflow(workflow.pk)
    before = rules_body(rules)
    checked_rules(rules, values, labels=labels)
    after = rules_body(rules)
    changed = {name: after[name] for name in after if after[name] != before[name]}
    require_answerable(actor, decided_by_rule(rules, changed))
    if rules._state.adding or changed:
        if {"order", "value_hours"} & set(changed):
            rules.order_version += 1
            enqueue(RANK_AGAIN_JOB, str(workflow_id))
        if before["known_answer_rate"] == 0 and rules.known_answer_rate > 0:
            rules.known_answers_until = now  # not among the blind cases from before
        rules.save()
        bump(workflow_id)
        detail = {"before": {name: before[name] for name in changed}, "after": changed}
        record(action="review_rules.changed", actor=actor, now=now, about=workflow, detail=detail)
    return rules


def decided_by_rule(rules: ReviewRules, changed: Collection[str]) -> list[tuple[str, str]]:
    """Name each changed rule by which cases are decided without a person, or other cases or otherwise.

    That is the label that late cases get, and how soon a case is late; nothing where they wait for people.
    """
    if rules.sla_action != SlaAction.DEFAULT:
        return []
    others = ", ".join(value for value in SlaAction.values if value != SlaAction.DEFAULT)
    fixes = {
        "sla_action": Words("A key may send one of %(others)s.", others=others),
        "default_label": Words("Leave it to a person."),
        "due_hours": Words("Leave it to a person while late cases get a label."),
    }
    return [(f"{_PROBLEM}.{name}", fix) for name, fix in fixes.items() if name in changed]


def rules_body(rules: ReviewRules) -> dict[str, Any]:
    """Return the rules as JSON values, as `checked_rules` takes them."""
    body = {name: getattr(rules, name) for name in RULES if name != "team"}
    return body | {"team": rules.team.name if rules.team_id and rules.team else None}


def checked_rules(rules: ReviewRules, values: Mapping[str, Any], *, labels: Sequence[str]) -> ReviewRules:
    """Set the named rules on `rules`, which is not saved.

    Raises:
        Invalid: something does not fit the rules or the workflow's labels; each is named with its fix.
    """
    fix = Words("Known: %(names)s.", names=", ".join(RULES))
    problems = [_problem(name, Words("is not known"), fix) for name in sorted(set(values) - set(RULES))]
    for name in [name for name in RULES if name in values]:
        error = RULES[name](values[name])
        if error:
            problems.append(_problem(name, *error))
        elif name == "team":
            problems += _set_team(rules, values[name])
        elif name in _WHOLE:
            setattr(rules, name, int(values[name]))
        else:
            setattr(rules, name, values[name])
    if problems:
        raise Invalid(problems)
    problems = _out_of_range(rules) + _label_problems(rules, labels)
    if problems:
        raise Invalid(problems)
    return rules


def _problem(name: str, error: str, fix: str) -> Problem:
    return Problem(field=f"{_PROBLEM}.{name}", error=error, fix=fix)


def _set_team(rules: ReviewRules, name: str | None) -> list[Problem]:
    rules.team = None
    if name:
        rules.team = Team.objects.filter(name=name).first()
        if rules.team is None:
            return [
                _problem("team", Words("does not exist"), Words("Name a team that was made before, or none."))
            ]
    return []


def _out_of_range(rules: ReviewRules) -> list[Problem]:
    if not 0 < rules.due_hours <= MAX_DUE_HOURS:
        fix = Words("Send a number of hours above 0, at most %(most)s.", most=MAX_DUE_HOURS)
        return [_problem("due_hours", Words("is out of range"), fix)]
    try:
        rules.clean_fields(exclude=["workflow", "team"])
    except ValidationError as error:
        return [
            _problem(name, " ".join(messages), Words("Send a number in range."))
            for name, messages in error.message_dict.items()
        ]
    return []


def _label_problems(rules: ReviewRules, labels: Sequence[str]) -> list[Problem]:
    fix = Words("Use one of: %(names)s.", names=", ".join(labels))
    problems = []
    if rules.sla_action == SlaAction.DEFAULT and rules.default_label not in labels:
        problems.append(_problem("default_label", Words("is no label of this workflow"), fix))
    problems += [
        _problem(f"reason_codes.{label[:60]}", Words("is no label of this workflow"), fix)
        for label in rules.reason_codes
        if label not in labels
    ]
    return problems


Error = tuple[str, str] | None


def _number(value: Any) -> Error:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Words("is not a number"), Words("Send a JSON number, without quotes.")
    return None


def _whole(value: Any) -> Error:
    if _number(value) or not float(value).is_integer():
        return Words("is not a whole number"), Words("Send a whole number.")
    return None


def _flag(value: Any) -> Error:
    return None if isinstance(value, bool) else (Words("is not true or false"), Words("Send true or false."))


def _text(value: Any) -> Error:
    if isinstance(value, str) and len(value) <= 100:
        return None
    return Words("is not a short text"), Words("Send a text of at most 100 characters.")


def _one_of(choices: Sequence[str]) -> Callable[[Any], Error]:
    def check(value: Any) -> Error:
        return (
            None
            if value in choices
            else (Words("is not known"), Words("Use one of: %(names)s.", names=", ".join(choices)))
        )

    return check


def _team(value: Any) -> Error:
    return None if value is None else _text(value)


def _skills(value: Any) -> Error:
    if isinstance(value, list) and all(isinstance(one, str) and 0 < len(one) <= 50 for one in value):
        return None
    return Words("is not a list of skills"), Words("Send a list of names of at most 50 characters.")


def _notes(value: Any) -> Error:
    is_list = isinstance(value, list) and all(isinstance(one, str) and len(one.strip()) > 0 for one in value)
    if is_list and len(value) <= MAX_NOTES and all(len(one) <= MAX_NOTE for one in value):
        return None
    return Words("is not a list of notes"), Words(
        "Send at most %(most)s texts of at most %(longest)s characters.", most=MAX_NOTES, longest=MAX_NOTE
    )


def _skip_rules(value: Any) -> Error:
    if isinstance(value, dict) and all(
        reason in SkipReason.values and rule in SkipRule.values for reason, rule in value.items()
    ):
        return None
    reasons, rules = ", ".join(SkipReason.values), ", ".join(SkipRule.values)
    return Words("does not fit"), Words(
        "Send an object: by reason (%(reasons)s) one of %(rules)s.", reasons=reasons, rules=rules
    )


def _reason_codes(value: Any) -> Error:
    fix = Words("Send an object: by label, a list of {code, words, required}.")
    if not isinstance(value, dict) or not all(isinstance(codes, list) for codes in value.values()):
        return Words("does not fit"), fix
    for codes in value.values():
        if len(codes) > MAX_CODES or not all(_is_code(code) for code in codes):
            return Words("does not fit"), fix
        names = [code["code"] for code in codes]
        if len(set(names)) != len(names):
            return Words("names a code twice"), Words("Give each code of a label a name of its own.")
    return None


def _is_code(code: Any) -> bool:
    return (
        isinstance(code, dict)
        and set(code) <= {"code", "words", "required"}
        and isinstance(code.get("code"), str)
        and 0 < len(code["code"]) <= 50
        and isinstance(code.get("words", ""), str)
        and len(code.get("words", "")) <= MAX_WORDS
        and isinstance(code.get("required", False), bool)
    )


_WHOLE = ("reviews_required", "lease_seconds", "hold_cap")
RULES: dict[str, Callable[[Any], Error]] = {
    "reviews_required": _whole,
    "lease_seconds": _whole,
    "due_hours": _number,
    "decide_first_share": _number,
    "on_demand": _flag,
    "second_read_share": _number,
    "known_answer_rate": _number,
    "order": _one_of(OrderKind.values),
    "value_hours": _number,
    "sla_action": _one_of(SlaAction.values),
    "default_label": _text,
    "hold_max_hours": _number,
    "hold_cap": _whole,
    "skip_rules": _skip_rules,
    "reason_codes": _reason_codes,
    "ready_notes": _notes,
    "skills": _skills,
    "team": _team,
}
