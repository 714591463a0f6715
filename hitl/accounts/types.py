"""Roles of people and scopes of API keys."""

from django.db import models


class Role(models.TextChoices):
    """What a person may do. Roles are granted one by one; nobody has all of them by accident."""

    REVIEWER = "reviewer", "Reviewer: answers cases at the desk"
    ADJUDICATOR = "adjudicator", "Adjudicator: settles answers that disagree"
    BATCHER = "batcher", "Batcher: a reviewer who may accept alike cases together after reading some"
    LEAD = "lead", "Lead: sees the queue, its reasons and who is on"
    OPERATOR = "operator", "Operator: cutoffs, models, training, alarms"
    ADMINISTRATOR = "administrator", "Administrator: workflows, accounts and keys"
    AUDITOR = "auditor", "Auditor: reads everything, changes nothing"


REVIEWING = (Role.REVIEWER, Role.ADJUDICATOR)
"""Who answers cases."""
WATCHING = (Role.LEAD, Role.OPERATOR, Role.ADMINISTRATOR, Role.AUDITOR)
"""Who watches over the service, and so may see what reviewers must not."""
SUPERVISING = (Role.LEAD, Role.OPERATOR, Role.ADMINISTRATOR)
"""Who may correct what reviewers answered, and say who is asked what."""


class Scope(models.TextChoices):
    """What an API key may be used for."""

    SUBMIT = "submit", "Submit and withdraw cases, read their decisions"
    READ = "read", "Read cases and decisions"
    MANAGE = "manage", "Create and change workflows"
    RELEASE = "release", "Hold, roll back and recall releases, and stop all automation"
