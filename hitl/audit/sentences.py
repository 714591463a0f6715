"""What each kind of entry says, as a person would: "changed the degree from shadow to partial".

A sentence has no subject: who acted stands before it, and what it is about beside it. `{name}` is a value of
the entry's detail; `{name:share}` says it as a percentage. A share that changed stands in the detail as
[before, after] and is said as "from … to …". What stands in square brackets is left out where one of its
values is missing or empty.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from string import Formatter
from typing import Any

from hitl.web.format import exact_time, percent

SENTENCES = {
    "account.changed": "changed the account",
    "account.created": "made the account",
    "account.removed": "removed the account",
    "alarm.acknowledged": "took the alarm in hand: {measure:word}[ of {field}]",
    "alarm.cleared": "cleared the alarm, whose reason has passed: {measure:word}[ of {field}]",
    "alarm.closed": "closed the alarm, {verdict:word}: {measure:word}[ of {field}]",
    "alarm.raised": "raised an alarm: {measure:word}[ of {field}]",
    "alarm.silence_ended": "opened the silenced alarm again: {measure:word}[ of {field}]",
    "alarm.silenced": "silenced the alarm until {until:time}: {measure:word}[ of {field}]",
    "alarm_route.set": "made {owner} the owner of alarms",
    "alarm_rule.ended": "ended the terms of alarms about {measure:word}[ of {field}]",
    "alarm_rule.set": "set the terms of alarms about {measure:word}[ of {field}]",
    "answer.amended": "changed the answer[ from {before}][ to {after}]",
    "answers.void": "finished voiding answers",
    "answers.voided": "began to void answers[ given since {since:time}]",
    "audits.changed": "changed what it asks about[, audits {audit_rate:share}][, blind {blind_rate:share}]",
    "audits.declared": "declared the least share of audits {audit_least:share}",
    "automation.started": "started automation again[, stopped since {stopped_at:time}]",
    "automation.stopped": "stopped everything",
    "backlog.rescored": "looked again at {looked} waiting cases and decided {decided}",
    "bake.begun": "let {green} bake until {until:time}",
    "bake.ended": "ended the baking of {green}: {outcome:word}",
    "batch.accepted": "accepted {accepted} cases together as {label}, {read} of them read",
    "breaker.reset": "let the rule decide again[, stopped since {tripped_at:time}]",
    "breaker.tripped": "stopped automation",
    "budget.closed": "closed the budget's period until {ends_at:time}: {verdict:word}, {decisions} decisions",
    "budget.overspending": (
        "expects {expected_error:share} of the decisions to come to be wrong, at a promise of {target:share}"
    ),
    "budget.planned": "planned the budget's period from {begins_at:time} until {ends_at:time}",
    "canary.abandoned": "closed a canary that no longer ran",
    "canary.audits": "changed the canary's audits {audit_rate:share}",
    "canary.held": "held the canary {release} at {share:share}",
    "canary.resumed": "resumed the canary {release} at {share:share}",
    "canary.started": "started the canary {release} with {share:share} of the cases",
    "canary.widened": "widened the canary {release} to {share:share}",
    "case.dropped": "dropped the case",
    "cases.attested": "attested that {labels} imported labels are a blind, random and recent sample",
    "cases.imported": "imported {taken} cases[, {known} of them known already][, {refused} refused]",
    "certificate.believed": "believed {target:share} at {confidence:share}: a provisional certificate",
    "certificate.ended": "ended the certificate",
    "certificate.level": "changed the certificate from {before} to {after}",
    "certificate.made": "proved {target:share} at {confidence:share}, and made a certificate",
    "certificate.refused": "could not prove {target:share} at {confidence:share}",
    "cutoffs.changed": "changed the cutoffs by hand",
    "cutoffs.in_force": "put cutoffs in force",
    "cutoffs.proposed": "proposed cutoffs",
    "cutoffs.withdrawn": "withdrew proposed cutoffs",
    "data_study.asked": "asked what data {release} lacks",
    "decisions.digested": "recorded the digest of {count} decisions",
    "degree.asked": "asked for the degree {after:word} instead of {before:word}[ for {label}]",
    "degree.changed": "changed the degree from {before:word} to {after:word}[ for {label}]",
    "degree.declined": "declined the degree {after:word} instead of {before:word}[ for {label}]",
    "drill.played": "played the drill {fault:word}, which {result}, as {asked_by} asked",
    "endpoint.created": "added an endpoint for events",
    "endpoint.disabled": "turned the endpoint off",
    "endpoint.enabled": "turned the endpoint on",
    "endpoint.rotated": "made a new signing secret",
    "export.taken": "exported {what} as {format}",
    "handover.ended": "ended the handover: {outcome:word}",
    "handover.opened": "opened the handover from {champion} to {release}",
    "key.created": "made the API key[ with the scopes {scopes}]",
    "key.granted": "changed which workflows the key reaches",
    "key.revoked": "revoked the API key",
    "known_answer.ended": "ended it as a known answer",
    "known_answer.marked": "marked it as a known answer: {truth}",
    "media.erased": "erased {files} images and recordings that only withdrawn cases name, {bytes} bytes",
    "media.quota": "changed how much its files may take, from {before} to {after}",
    "personal.seen": "looked at the personal fields {fields}",
    "policy.created": "made the rule: at most {target:share} wrong, at {confidence:share}, {degree:word}",
    "promise.changed": "changed the promise",
    "recall.begun": "began a recall, {per_day} cases a day",
    "recall.changed": "changed the recall[ to {per_day} cases a day]",
    "recall.closed": "closed the recall",
    "recall.ended": "ended the recall[, {not_asked} cases not asked about]",
    "release.canary": "let {release} decide a share of the cases",
    "release.change_asked": "asked another operator to {change:word} {release}",
    "release.change_declined": "declined to {change:word} {release}",
    "release.promoted": "made {release} the champion[ after {before}]",
    "release.registered": "registered the model",
    "release.retired": "retired {release}",
    "release.rolled_back": "rolled back {release}",
    "release.shadowed": "put {release} into shadow",
    "review_rules.changed": "changed how people review",
    "schema.changed": "changed fields or labels, version {from} to {to}",
    "sign.cleared": "cleared an early sign: {kind:word}",
    "sign.raised": "raised an early sign: {kind:word}",
    "sign_in.done": "signed in",
    "sign_in.failed": "refused a sign-in",
    "sign_in.throttled": "slowed sign-ins down",
    "skills.changed": "changed the skills[ from {before}] to {after}",
    "source.confirmed": "confirmed the model elsewhere {source}",
    "source.proposed": "registered a model elsewhere",
    "source.retired": "stopped listening to the model elsewhere {source}",
    "source.tried": "tried the model elsewhere {source} on known answers",
    "tasks.put_first": "put {cases} waiting cases first: {why}",
    "team.removed": "removed the team",
    "team.saved": "saved the team",
    "training.cancelled": "cancelled the training run",
    "training.failed": "ended the training run: it failed",
    "training.refused": "ended the training run: its model was refused",
    "training.requested": "asked for a training run[, by {trigger:word}]",
    "training.succeeded": "ended the training run with {release}",
    "training_settings.changed": "changed when to train",
    "trial.ended": "ended the live test: {outcome:word}[, {wrong} of {labels} wrong]",
    "trial.opened": "opened a live test",
    "workflow.archived": "archived the workflow",
    "workflow.begun_from_file": "began the workflow from {file}",
    "workflow.created": "made the workflow",
    "workflow.described": "changed its {changed}",
    "workflow.grouped": "changed what cases are grouped by",
    "workflow.restored": "brought the workflow back",
}

NOTHING, UNKNOWN = "nothing", "something unknown"
_PAIR = 2


def sentence(action: str, detail: Mapping[str, Any]) -> str:
    """Say what an entry of this kind records; one that has no sentence is said by its name."""
    template = SENTENCES.get(action)
    if template is None:
        return action.replace(".", " ").replace("_", " ")
    kept = re.sub(r"\[(.*?)\]", lambda part: part[1] if _has_all(part[1], detail) else "", template)
    return _Words().vformat(kept, (), _Known(detail))


def has_sentence(action: str, detail: Mapping[str, Any]) -> bool:
    """Tell whether entries of this kind can be said in words; in tests, one that cannot is a failure."""
    return action in SENTENCES and UNKNOWN not in sentence(action, detail)


def _has_all(template: str, detail: Mapping[str, Any]) -> bool:
    names = [name for _, name, _, _ in Formatter().parse(template) if name]
    return all(detail.get(name) and not _is_same(detail[name]) for name in names)


def _is_same(value: Any) -> bool:
    """Tell whether it is a pair of before and after that are alike."""
    return isinstance(value, list) and len(value) == _PAIR and value[0] == value[1]


class _Known(dict[str, Any]):
    """The detail of an entry. What an entry of long ago does not have is said to be unknown."""

    def __missing__(self, name: str) -> str:
        return UNKNOWN


class _Words(Formatter):
    """Says values as people do."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, list) and len(value) == _PAIR and format_spec == "share":
            before, after = (self.format_field(one, format_spec) for one in value)
            return f"from {before} to {after}"
        return _said(value, format_spec)


def _said(value: Any, how: str) -> str:
    if how == "share" and isinstance(value, int | float):
        return percent(float(value), digits=2).replace(".00 %", " %")
    if how == "time":
        try:
            return exact_time(datetime.fromisoformat(str(value)))
        except ValueError:
            return str(value)
    if isinstance(value, list):
        return ", ".join(str(one).replace("_", " ") for one in value) or NOTHING
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if value in (None, ""):
        return NOTHING
    return str(value).replace("_", " ") if how == "word" else str(value)
