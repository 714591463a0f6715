"""Choices of policy. The degrees, routes, reasons and bases themselves are in `science.decision_terms`."""

from django.db import models

from science.decision_terms import Basis, Reason, Route
from science.decision_terms import Degree as _Degree


class Degree(models.TextChoices):
    """Who decides."""

    HUMAN_ONLY = _Degree.HUMAN_ONLY.value, "Human only"
    SHADOW = _Degree.SHADOW.value, "Shadow"
    ASSIST = _Degree.ASSIST.value, "Assist"
    PARTIAL = _Degree.PARTIAL.value, "Partial"
    FULL = _Degree.FULL.value, "Full"


DEGREE_ORDER = [d.value for d in Degree]


class Scope(models.TextChoices):
    """What the promise is about."""

    OVERALL = "overall", "all automatic decisions together"
    PER_LABEL = "per_label", "each label's automatic decisions"


class PeriodLength(models.TextChoices):
    """How long an error budget lasts; periods end with the calendar's, in UTC."""

    MONTH = "month", "a month"
    QUARTER = "quarter", "a quarter"
    YEAR = "year", "a year"


class LossKind(models.TextChoices):
    """How a wrong automatic decision counts."""

    ERRORS = "errors", "every mistake counts the same"
    COSTS = "costs", "a mistake counts what its label costs"


class TrippedBy(models.TextChoices):
    """Who or what took the automation away; only evidence may give it back by itself."""

    PERSON = "person", "a person"
    EVIDENCE = "evidence", "live audits"
    OVERDUE = "overdue", "audits that nobody answered"


class PromiseState(models.TextChoices):
    """Whether a promise is kept now."""

    STOPPED = "stopped", "Stopped"
    STEPPED_DOWN = "stepped_down", "Stepped down"
    WATCHED = "watched", "Watched closely"
    NOTHING = "nothing", "Nothing automated"
    BY_HAND = "by_hand", "Off by hand"
    PROVISIONAL = "provisional", "Provisional"
    PROVED = "proved", "Proved"
    KEPT = "kept", "Kept"
    OFF = "off", "Off"


class MonitorLevel(models.TextChoices):
    """How strongly the live evidence speaks against the promise."""

    GREEN = "green", "green"
    AMBER = "amber", "amber"
    RED = "red", "red"


class TrialKind(models.TextChoices):
    """What a trial is held for."""

    CONFIRM = "confirm", "confirm a provisional certificate"
    RECOVER = "recover", "prove the promise again after an alarm"


class TrialOutcome(models.TextChoices):
    """How a trial has ended."""

    CERTIFIED = "certified", "proved"
    ABANDONED = "abandoned", "given up: what it tested is no longer in force"


class CertificateStatus(models.TextChoices):
    """Status of a certificate."""

    PROVISIONAL = "provisional", "provisional"
    CERTIFIED = "certified", "certified"
    AMBER = "amber", "amber: watched closely"
    TRIPPED = "tripped", "tripped"
    SUPERSEDED = "superseded", "superseded"
    EXPIRED = "expired", "expired"
    REFUSED = "refused", "not proved"


LIVE_CERTIFICATES = (CertificateStatus.PROVISIONAL, CertificateStatus.CERTIFIED, CertificateStatus.AMBER)


class ChangeStatus(models.TextChoices):
    """Status of a change that another operator is to approve."""

    ASKED = "asked", "waits for another operator"
    MADE = "made", "made"
    DECLINED = "declined", "declined"


CHANGE_TRANSITIONS: dict[str, tuple[str, ...]] = {"asked": ("made", "declined")}


class CanaryHold(models.TextChoices):
    """Who or what holds a canary at its share."""

    PERSON = "person", "a person"
    SIGNAL = "signal", "a signal"
    BALANCE = "balance", "cases that do not come through alike"
    PROOF = "proof", "nothing that it may decide under"
    UNREAD = "unread", "what is known of it, which cannot be read"
    READY = "ready", "it waits for a person to promote it"


class CanaryEnd(models.TextChoices):
    """How a canary has ended."""

    PROMOTED = "promoted", "promoted"
    ROLLED_BACK = "rolled_back", "rolled back"
    ABANDONED = "abandoned", "given up: what it began with has changed"


class BakeOutcome(models.TextChoices):
    """How the baking of a new champion has ended."""

    KEPT = "kept", "no alarm"
    RETURNED = "returned", "back to the champion before"
    REPLACED = "replaced", "another model became the champion"


class ReleaseAction(models.TextChoices):
    """What may be done with a release that lets it decide more."""

    CANARY = "canary", "Start a canary of"
    WIDEN = "widen", "Widen the canary of"
    PROMOTE = "promote", "Promote"


ROUTES = [(r.value, r.value) for r in Route] + [("person", "person")]


class DecisionReason(models.TextChoices):
    """Why a decision after the routing was made; the routing's reasons: `science.decision_terms.Reason`."""

    REVIEWED = "reviewed", "a person decided"
    BATCHED = "batched", "a person accepted the suggestion unread, with others like it"
    AMENDED = "amended", "a person changed the decision"
    UNDONE = "undone", "a person took an answer back"
    WITHDRAWN = "withdrawn", "the case was taken back before anybody decided"
    DEFAULTED = "defaulted", "nobody answered in time, so the case got the default label"


REASONS = [(r.value, r.value.replace("_", " ")) for r in Reason] + DecisionReason.choices
BASES = [(s.value, s.value.replace("_", " ")) for s in Basis]
