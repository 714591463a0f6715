"""Words of policy. The degrees, routes, reasons and standings themselves are `science.decide`'s."""

from django.db import models

from science.decide import Degree as _Degree
from science.decide import Reason, Route, Standing


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


class CertificateStatus(models.TextChoices):
    """Where a certificate stands."""

    PROVISIONAL = "provisional", "provisional"
    CERTIFIED = "certified", "certified"
    AMBER = "amber", "amber: watched closely"
    TRIPPED = "tripped", "tripped"
    SUPERSEDED = "superseded", "superseded"
    EXPIRED = "expired", "expired"
    REFUSED = "refused", "not proved"


LIVE_CERTIFICATES = (CertificateStatus.PROVISIONAL, CertificateStatus.CERTIFIED, CertificateStatus.AMBER)


class ChangeStatus(models.TextChoices):
    """Where a change of degree stands."""

    ASKED = "asked", "waits for another operator"
    MADE = "made", "made"
    DECLINED = "declined", "declined"


CHANGE_TRANSITIONS: dict[str, tuple[str, ...]] = {"asked": ("made", "declined")}


ROUTES = [(r.value, r.value) for r in Route] + [("person", "person")]
REASONS = [(r.value, r.value.replace("_", " ")) for r in Reason] + [
    ("reviewed", "a person decided"),
    ("amended", "a person changed the decision"),
    ("undone", "a person took an answer back"),
    ("withdrawn", "the submitter withdrew the case"),
]
STANDINGS = [(s.value, s.value.replace("_", " ")) for s in Standing]
