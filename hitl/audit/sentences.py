"""What each kind of entry says, as a person would: "changed the degree from shadow to partial".

A sentence has no subject: who acted stands before it, and what it is about beside it. `{name}` is a value of
the entry's detail; `{name:share}` says it as a percentage, `{name:time}` as a time, `{name:text}` is a kept
text, and `{name:degree}` a word of the code of this sort (`hitl.audit.words_of_code`). A share that changed
stands in the detail as [before, after] and is said as "from … to …". What stands in square brackets is left
out where one of its values is missing or empty. A translation has the same places, and brackets round the
same of them.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from string import Formatter
from typing import Any, Self

from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from hitl.audit.words_of_code import in_words
from hitl.shared.numbers import number
from hitl.shared.words import Words, shown
from hitl.web.format import exact_time, percent

SENTENCES = {
    "account.changed": _("changed the account"),
    "account.created": _("made the account"),
    "account.removed": _("removed the account"),
    "alarm.acknowledged": _("took the alarm in hand: {measure:measure}[ of {field}]"),
    "alarm.cleared": _("cleared the alarm, whose reason has passed: {measure:measure}[ of {field}]"),
    "alarm.closed": _("closed the alarm, {verdict:alarm}: {measure:measure}[ of {field}]"),
    "alarm.raised": _("raised an alarm: {measure:measure}[ of {field}]"),
    "alarm.silence_ended": _("opened the silenced alarm again: {measure:measure}[ of {field}]"),
    "alarm.silenced": _("silenced the alarm until {until:time}: {measure:measure}[ of {field}]"),
    "alarm_route.set": _("made {owner} the owner of alarms"),
    "alarm_rule.ended": _("ended the terms of alarms about {measure:measure}[ of {field}]"),
    "alarm_rule.set": _("set the terms of alarms about {measure:measure}[ of {field}]"),
    "answer.amended": _("changed the answer[ from {before}][ to {after}]"),
    "answers.void": _("finished voiding answers"),
    "answers.voided": _("began to void answers[ given since {since:time}]"),
    "audits.changed": _(
        "changed what it asks about[, audits {audit_rate:share}][, blind {blind_rate:share}]"
    ),
    "audits.declared": _("declared the least share of audits {audit_least:share}"),
    "automation.started": _("started automation again[, stopped since {stopped_at:time}]"),
    "automation.stopped": _("stopped everything"),
    "backlog.rescored": _("looked again at {looked} waiting cases and decided {decided}"),
    "bake.begun": _("let {green} bake until {until:time}"),
    "bake.ended": _("ended the baking of {green}: {outcome:ending}"),
    "batch.accepted": _("accepted {accepted} cases together as {label}, {read} of them read"),
    "breaker.reset": _("let the rule decide again[, stopped since {tripped_at:time}]"),
    "breaker.tripped": _("stopped automation"),
    "budget.closed": _(
        "closed the budget's period until {ends_at:time}: {verdict:period}, {decisions} decisions"
    ),
    "budget.overspending": _(
        "expects {expected_error:share} of the decisions to come to be wrong, at a promise of {target:share}"
    ),
    "budget.planned": _("planned the budget's period from {begins_at:time} until {ends_at:time}"),
    "canary.abandoned": _("closed a canary that no longer ran"),
    "canary.audits": _("changed the canary's audits {audit_rate:share}"),
    "canary.held": _("held the canary {release} at {share:share}"),
    "canary.resumed": _("resumed the canary {release} at {share:share}"),
    "canary.started": _("started the canary {release} with {share:share} of the cases"),
    "canary.widened": _("widened the canary {release} to {share:share}"),
    "case.dropped": _("withdrew the case"),
    "cases.attested": _("attested that {labels} imported labels are a blind, random and recent sample"),
    "cases.imported": _("imported {taken} cases[, {known} of them known already][, {refused} refused]"),
    "certificate.believed": _("believed {target:share} at {confidence:share}: a provisional certificate"),
    "certificate.ended": _("ended the certificate"),
    "certificate.level": _("changed the certificate from {before:level} to {after:level}"),
    "certificate.made": _("proved {target:share} at {confidence:share}, and made a certificate"),
    "certificate.refused": _("could not prove {target:share} at {confidence:share}"),
    "cutoffs.changed": _("changed the cutoffs by hand"),
    "cutoffs.in_force": _("put cutoffs in force"),
    "cutoffs.proposed": _("proposed cutoffs"),
    "cutoffs.withdrawn": _("withdrew proposed cutoffs"),
    "data_study.asked": _("asked what data {release} lacks"),
    "decisions.digested": _("recorded the digest of {count} decisions"),
    "degree.asked": _("asked for the degree {after:degree} instead of {before:degree}[ for {label}]"),
    "degree.changed": _("changed the degree from {before:degree} to {after:degree}[ for {label}]"),
    "degree.declined": _("declined the degree {after:degree} instead of {before:degree}[ for {label}]"),
    "drill.played": _("played the drill {fault:drill}, which {result:drill}, as {asked_by} asked"),
    "endpoint.created": _("added an endpoint for events"),
    "endpoint.disabled": _("turned the endpoint off"),
    "endpoint.enabled": _("turned the endpoint on"),
    "endpoint.rotated": _("made a new signing secret"),
    "export.taken": _("exported {what:text} as {format}"),
    "handover.ended": _("ended the handover: {outcome:ending}"),
    "handover.opened": _("opened the handover from {champion} to {release}"),
    "key.created": _("made the API key[ with the scopes {scopes:scope}]"),
    "key.granted": _("changed which workflows the key reaches"),
    "key.revoked": _("revoked the API key"),
    "known_answer.ended": _("ended it as a known answer"),
    "known_answer.marked": _("marked it as a known answer: {truth}"),
    "media.erased": _("erased {files} images and recordings that only withdrawn cases name, {bytes} bytes"),
    "media.quota": _("changed how much its files may take, from {before} to {after}"),
    "personal.seen": _("looked at the personal fields {fields}"),
    "policy.created": _(
        "made the rule: at most {target:share} wrong, at {confidence:share}, {degree:degree}"
    ),
    "plan.made": _(
        "said what is wanted: {cases_a_week} cases a week, {automated:share} decided by models,"
        " {hours_a_week} hours of reading"
    ),
    "promise.changed": _("changed the promise"),
    "recall.begun": _("began a recall, {per_day} cases a day"),
    "recall.changed": _("changed the recall[ to {per_day} cases a day]"),
    "recall.closed": _("closed the recall"),
    "recall.ended": _("ended the recall[, {not_asked} cases not asked about]"),
    "release.canary": _("let {release} decide a share of the cases"),
    "release.change_asked": _("asked another operator to {change:change} {release}"),
    "release.change_declined": _("declined to {change:change} {release}"),
    "release.promoted": _("made {release} the champion[ after {before}]"),
    "release.registered": _("registered the model"),
    "release.retired": _("retired {release}"),
    "release.rolled_back": _("rolled back {release}"),
    "release.shadowed": _("put {release} into shadow"),
    "review_rules.changed": _("changed how people review"),
    "schema.changed": _("changed fields or labels, version {from} to {to}"),
    "sign.cleared": _("cleared an early sign: {kind:sign}"),
    "sign.raised": _("raised an early sign: {kind:sign}"),
    "sign_in.done": _("signed in"),
    "sign_in.failed": _("refused a sign-in"),
    "sign_in.throttled": _("slowed sign-ins down"),
    "skills.changed": _("changed the skills[ from {before}] to {after}"),
    "source.confirmed": _("confirmed the model elsewhere {source}"),
    "source.proposed": _("registered a model elsewhere"),
    "source.retired": _("stopped listening to the model elsewhere {source}"),
    "source.tried": _("tried the model elsewhere {source} on known answers"),
    "tasks.put_first": _("put {cases} waiting cases first: {why:text}"),
    "team.removed": _("removed the team"),
    "team.saved": _("saved the team"),
    "training.cancelled": _("cancelled the training run"),
    "training.failed": _("ended the training run: it failed"),
    "training.refused": _("ended the training run: its model was refused"),
    "training.requested": _("asked for a training run[, by {trigger:trigger}]"),
    "training.succeeded": _("ended the training run with {release}"),
    "training_settings.changed": _("changed when to train"),
    "trial.ended": _("ended the live test: {outcome:ending}[, {wrong} of {labels} wrong]"),
    "trial.opened": _("opened a live test"),
    "workflow.archived": _("archived the workflow"),
    "workflow.begun_from_file": _("began the workflow from {file}"),
    "workflow.created": _("made the workflow"),
    "workflow.described": _("changed its {changed:setting}"),
    "workflow.grouped": _("changed what cases are grouped by"),
    "workflow.restored": _("brought the workflow back"),
}

NOTHING, UNKNOWN = _("nothing"), _("something unknown")
_PAIR = 2


class Sentence(Words):
    """What an entry says: English, in UTC, for files and commands; a page says it anew by `shown`."""

    said_now: Callable[[], str]

    @classmethod
    def by(cls, say: Callable[[], str]) -> Self:
        """Keep how it is said, and say it in English."""
        with translation.override("en"), timezone.override(UTC):
            made = str.__new__(cls, say())
        made.said_now = say
        return made

    def in_language(self) -> str:
        """Return the sentence in the language and the time zone of this moment."""
        return self.said_now()


def sentence(action: str, detail: Mapping[str, Any]) -> Sentence:
    """Say what an entry of this kind records; one that has no sentence is said by its name."""
    return Sentence.by(lambda: _sentence(action, detail))


def _sentence(action: str, detail: Mapping[str, Any]) -> str:
    if action not in SENTENCES:
        return action.replace(".", " ").replace("_", " ")
    template = gettext(SENTENCES[action])
    kept = re.sub(r"\[(.*?)\]", lambda part: part[1] if _has_all(part[1], detail) else "", template)
    return _Spoken().vformat(kept, (), _Known(detail))


def has_sentence(action: str, detail: Mapping[str, Any]) -> bool:
    """Tell whether entries of this kind can be said in words; in tests, one that cannot is a failure."""
    return action in SENTENCES and UNKNOWN not in sentence(action, detail)


def _has_all(template: str, detail: Mapping[str, Any]) -> bool:
    names = [name for _text, name, _how, _as in Formatter().parse(template) if name]
    return all(detail.get(name) and not _is_same(detail[name]) for name in names)


def _is_same(value: Any) -> bool:
    """Tell whether it is a pair of before and after that are alike."""
    return isinstance(value, list) and len(value) == _PAIR and value[0] == value[1]


class _Known(dict[str, Any]):
    """The detail of an entry. What an entry of long ago does not have is said to be unknown."""

    def __missing__(self, name: str) -> str:
        return gettext(UNKNOWN)


class _Spoken(Formatter):
    """Says values as people do."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, list) and len(value) == _PAIR and format_spec == "share":
            before, after = (self.format_field(one, format_spec) for one in value)
            return gettext("from %(before)s to %(after)s") % {"before": before, "after": after}
        return _said(value, format_spec)


def _said(value: Any, how: str) -> str:
    if how == "share" and isinstance(value, int | float):
        return percent(float(value), digits=0 if f"{100 * value:.2f}".endswith(".00") else 2)
    if how == "time":
        try:
            return exact_time(datetime.fromisoformat(str(value)))
        except ValueError:
            return str(value)
    if isinstance(value, list):
        return ", ".join(in_words(str(one), how) for one in value) or gettext(NOTHING)
    if isinstance(value, int) and not isinstance(value, bool):
        return number(value)
    if value in (None, ""):
        return gettext(NOTHING)
    if how == "text":
        return shown(str(value))
    return in_words(str(value), how) if how else str(value)
