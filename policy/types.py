"""Choices of policy. The degrees, routes, reasons and bases themselves are in `science.decision_terms`."""

from django.db import models
from django.utils.translation import gettext_lazy, pgettext_lazy

from science.decision_terms import Basis, Reason, Route
from science.decision_terms import Degree as _Degree


class Degree(models.TextChoices):
    """Who decides."""

    HUMAN_ONLY = _Degree.HUMAN_ONLY.value, gettext_lazy("Human only")
    SHADOW = _Degree.SHADOW.value, gettext_lazy("Shadow")
    ASSIST = _Degree.ASSIST.value, gettext_lazy("Assist")
    PARTIAL = _Degree.PARTIAL.value, gettext_lazy("Partial")
    FULL = _Degree.FULL.value, gettext_lazy("Full")


DEGREE_ORDER = [d.value for d in Degree]


class Scope(models.TextChoices):
    """What the promise is about."""

    OVERALL = "overall", gettext_lazy("all automatic decisions together")
    PER_LABEL = "per_label", gettext_lazy("each label's automatic decisions")


class PeriodLength(models.TextChoices):
    """How long an error budget lasts; periods end with the calendar's, in UTC."""

    MONTH = "month", gettext_lazy("a month")
    QUARTER = "quarter", gettext_lazy("a quarter")
    YEAR = "year", gettext_lazy("a year")


class LossKind(models.TextChoices):
    """How a wrong automatic decision counts."""

    ERRORS = "errors", gettext_lazy("every mistake counts the same")
    COSTS = "costs", gettext_lazy("a mistake counts what its label costs")


class TrippedBy(models.TextChoices):
    """Who or what took the automation away; only evidence may give it back by itself."""

    PERSON = "person", gettext_lazy("a person")
    EVIDENCE = "evidence", gettext_lazy("live audits")
    OVERDUE = "overdue", gettext_lazy("audits that nobody answered")


class PromiseState(models.TextChoices):
    """Whether a promise is kept now."""

    STOPPED = "stopped", gettext_lazy("Stopped")
    STEPPED_DOWN = "stepped_down", gettext_lazy("Stepped down")
    WATCHED = "watched", gettext_lazy("Watched closely")
    NOTHING = "nothing", gettext_lazy("Nothing automated")
    BY_HAND = "by_hand", gettext_lazy("Off by hand")
    PROVISIONAL = "provisional", gettext_lazy("Provisional")
    PROVED = "proved", gettext_lazy("Proved")
    KEPT = "kept", gettext_lazy("Kept")
    OFF = "off", gettext_lazy("Off")


class MonitorLevel(models.TextChoices):
    """How strongly the live evidence speaks against the promise."""

    GREEN = "green", gettext_lazy("green")
    AMBER = "amber", gettext_lazy("amber")
    RED = "red", gettext_lazy("red")


class TrialKind(models.TextChoices):
    """What a trial is held for."""

    CONFIRM = "confirm", gettext_lazy("confirm a provisional certificate")
    RECOVER = "recover", gettext_lazy("prove the promise again after an alarm")


class TrialOutcome(models.TextChoices):
    """How a trial has ended."""

    CERTIFIED = "certified", gettext_lazy("proved")
    ABANDONED = "abandoned", gettext_lazy("given up: what it tested is no longer in force")


class CertificateStatus(models.TextChoices):
    """Status of a certificate."""

    PROVISIONAL = "provisional", gettext_lazy("provisional")
    CERTIFIED = "certified", gettext_lazy("certified")
    AMBER = "amber", gettext_lazy("amber: watched closely")
    TRIPPED = "tripped", gettext_lazy("tripped")
    SUPERSEDED = "superseded", gettext_lazy("superseded")
    EXPIRED = "expired", gettext_lazy("expired")
    REFUSED = "refused", gettext_lazy("not proved")


LIVE_CERTIFICATES = (CertificateStatus.PROVISIONAL, CertificateStatus.CERTIFIED, CertificateStatus.AMBER)


class ChangeStatus(models.TextChoices):
    """Status of a change that another operator is to approve."""

    ASKED = "asked", gettext_lazy("waits for another operator")
    MADE = "made", pgettext_lazy("change", "made")
    DECLINED = "declined", gettext_lazy("declined")


CHANGE_TRANSITIONS: dict[str, tuple[str, ...]] = {"asked": ("made", "declined")}


class CanaryHold(models.TextChoices):
    """Who or what holds a canary at its share."""

    PERSON = "person", gettext_lazy("a person")
    SIGNAL = "signal", gettext_lazy("a signal")
    BALANCE = "balance", gettext_lazy("cases that do not come through alike")
    PROOF = "proof", gettext_lazy("nothing that it may decide under")
    UNREAD = "unread", gettext_lazy("what is known of it, which cannot be read")
    READY = "ready", gettext_lazy("it waits for a person to promote it")


class CanaryEnd(models.TextChoices):
    """How a canary has ended."""

    PROMOTED = "promoted", gettext_lazy("promoted")
    ROLLED_BACK = "rolled_back", gettext_lazy("rolled back")
    ABANDONED = "abandoned", gettext_lazy("given up: what it began with has changed")


class BakeOutcome(models.TextChoices):
    """How the baking of a new champion has ended."""

    KEPT = "kept", gettext_lazy("no alarm")
    RETURNED = "returned", gettext_lazy("back to the champion before")
    REPLACED = "replaced", gettext_lazy("another model became the champion")


class ReleaseAction(models.TextChoices):
    """What may be done with a release that lets it decide more."""

    CANARY = "canary", gettext_lazy("Start a canary of")
    WIDEN = "widen", gettext_lazy("Widen the canary of")
    PROMOTE = "promote", gettext_lazy("Promote")


ROUTES = [(r.value, r.value) for r in Route] + [("person", "person")]


class DecisionReason(models.TextChoices):
    """Why a decision after the routing was made; the routing's reasons: `science.decision_terms.Reason`."""

    REVIEWED = "reviewed", gettext_lazy("a person decided")
    BATCHED = "batched", gettext_lazy("a person accepted the suggestion unread, with others like it")
    AMENDED = "amended", gettext_lazy("a person changed the decision")
    UNDONE = "undone", gettext_lazy("a person took an answer back")
    WITHDRAWN = "withdrawn", gettext_lazy("the case was taken back before anybody decided")
    DEFAULTED = "defaulted", gettext_lazy("nobody answered in time, so the case got the default label")


_WHY = {
    Reason.ABOVE_CUTOFF: gettext_lazy("the model is as sure as its cutoff asks"),
    Reason.BELOW_CUTOFF: gettext_lazy("the model is less sure than its cutoff asks"),
    Reason.NO_CUTOFF: gettext_lazy("no cutoff is in force for the label that the model says"),
    Reason.LABEL_NOT_AUTOMATED: gettext_lazy("the label that the model says is left to people"),
    Reason.UNKNOWN_LABEL: gettext_lazy("the workflow no longer has the label that the model says"),
    Reason.RAMP: gettext_lazy("accepted, but held back: while nothing is proved, only a part is automated"),
    Reason.BAD_SCORE: gettext_lazy("what the model said are no probabilities"),
    Reason.NO_SCORE: gettext_lazy("there is no score: the model failed, was too slow or could not be loaded"),
    Reason.UNFIT_INPUT: gettext_lazy("the model cannot read this case"),
    Reason.UNFAMILIAR: gettext_lazy("the case is unlike all that the model learned from"),
    Reason.SOURCE_SILENT: gettext_lazy("no score of the model elsewhere came with the case"),
    Reason.SOURCE_UNREGISTERED: gettext_lazy("scores came of a model or version that is not registered"),
    Reason.SCORES_MALFORMED: gettext_lazy("what came as scores has no model, version and probabilities"),
    Reason.SCORES_LACK_LABEL: gettext_lazy("the scores that came lack a label"),
    Reason.SCORES_EXTRA_LABEL: gettext_lazy("the scores that came have a label too many"),
    Reason.SCORES_NO_NUMBERS: gettext_lazy("one of the scores that came is no number"),
    Reason.SCORES_NEGATIVE: gettext_lazy("one of the scores that came is negative"),
    Reason.SCORES_SUM: gettext_lazy("the scores that came do not add up to 1"),
    Reason.SCORING: gettext_lazy("its score is being asked for"),
    Reason.SOURCE_LATE: gettext_lazy("the model elsewhere was not asked in time"),
    Reason.SOURCE_UNREACHABLE: gettext_lazy("the model elsewhere could not be reached"),
    Reason.SOURCE_TIMEOUT: gettext_lazy("the model elsewhere gave no answer in time"),
    Reason.SOURCE_FAILED: gettext_lazy("the model elsewhere failed"),
    Reason.SOURCE_REFUSED: gettext_lazy("the model elsewhere refused the request"),
    Reason.SOURCE_UNREADABLE: gettext_lazy("the answer of the model elsewhere could not be read"),
    Reason.SOURCE_SHORT: gettext_lazy(
        "the model elsewhere answered for fewer or more cases than it was asked about"
    ),
    Reason.SOURCE_CHANGED: gettext_lazy("the model elsewhere named another version of itself"),
    Reason.SOURCE_MASS: gettext_lazy("the language model wanted to say something else than a label"),
    Reason.SOURCE_SPARED: gettext_lazy("the model elsewhere was not asked, since the local one was sure"),
    Reason.STOPPED: gettext_lazy("all automation is stopped"),
    Reason.BREAKER: gettext_lazy("the breaker has tripped"),
    Reason.CERTIFICATE_EXPIRED: gettext_lazy("the certificate has ended, or has not begun"),
    Reason.NOT_CERTIFIED: gettext_lazy("nothing proves the present promise for this model"),
    Reason.ASSIST: gettext_lazy("the degree is “assist”: people decide, with help"),
    Reason.SCHEMA_MISMATCH: gettext_lazy("the model was trained for other fields or labels"),
    Reason.NO_MODEL: gettext_lazy("there is no model yet"),
    Reason.SHADOW: gettext_lazy("the degree is “shadow”: the model scores, and nobody sees it"),
    Reason.HUMAN_ONLY: gettext_lazy("the degree is “human only”: no model is asked"),
    Reason.NO_RULE: gettext_lazy("the rows of the rule contradict themselves, which is a fault"),
}
REASONS = [(r.value, _WHY[r]) for r in Reason] + DecisionReason.choices
_BASES = {
    Basis.CERTIFIED: gettext_lazy("certified"),
    Basis.PROVISIONAL: gettext_lazy("provisional"),
    Basis.BY_HAND: gettext_lazy("by hand"),
    Basis.NONE: pgettext_lazy("basis", "none"),
}
BASES = [(s.value, _BASES[s]) for s in Basis]
