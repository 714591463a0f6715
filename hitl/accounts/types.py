"""Roles of people and scopes of API keys."""

from django.db import models
from django.utils.translation import gettext_lazy


class Role(models.TextChoices):
    """What a person may do. Roles are granted one by one; nobody has all of them by accident."""

    REVIEWER = "reviewer", gettext_lazy("Reviewer: answers cases at the desk")
    ADJUDICATOR = "adjudicator", gettext_lazy("Adjudicator: settles answers that disagree")
    BATCHER = (
        "batcher",
        gettext_lazy("Batcher: a reviewer who may accept alike cases together after reading some"),
    )
    LEAD = "lead", gettext_lazy("Lead: sees the queue, its reasons and who is on")
    OPERATOR = "operator", gettext_lazy("Operator: cutoffs, models, training, alarms")
    ADMINISTRATOR = "administrator", gettext_lazy("Administrator: workflows, accounts and keys")
    AUDITOR = "auditor", gettext_lazy("Auditor: reads everything, changes nothing")


ROLE_NAMES = {
    Role.REVIEWER: gettext_lazy("reviewer"),
    Role.ADJUDICATOR: gettext_lazy("adjudicator"),
    Role.BATCHER: gettext_lazy("batcher"),
    Role.LEAD: gettext_lazy("lead"),
    Role.OPERATOR: gettext_lazy("operator"),
    Role.ADMINISTRATOR: gettext_lazy("administrator"),
    Role.AUDITOR: gettext_lazy("auditor"),
}
"""Each in one word; the labels say what it is for."""
REVIEWING = (Role.REVIEWER, Role.ADJUDICATOR)
"""Who answers cases."""
WATCHING = (Role.LEAD, Role.OPERATOR, Role.ADMINISTRATOR, Role.AUDITOR)
"""Who watches over the service, and so may see what reviewers must not."""
SUPERVISING = (Role.LEAD, Role.OPERATOR, Role.ADMINISTRATOR)
"""Who may correct what reviewers answered, and say who is asked what."""


class Scope(models.TextChoices):
    """What an API key may be used for."""

    SUBMIT = "submit", gettext_lazy("Submit and withdraw cases, read their decisions")
    READ = "read", gettext_lazy("Read cases and decisions")
    MANAGE = "manage", gettext_lazy("Create and change workflows")
    RELEASE = "release", gettext_lazy("Hold, roll back and recall releases, and stop all automation")
