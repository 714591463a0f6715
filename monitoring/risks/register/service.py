"""What could go wrong with the service itself."""

from django.utils.translation import gettext_noop

from monitoring.risks.register.texts import ADMINISTRATORS, AUDITORS, OPERATORS_ON_DUTY
from monitoring.risks.risk import Risk

THE_SERVICE = gettext_noop("The service")

RISKS = (
    Risk(
        name="service-down",
        area=THE_SERVICE,
        fault=gettext_noop("The service does not answer."),
        who=ADMINISTRATORS,
        then=gettext_noop("Nothing: who sends keeps the case and sends it again."),
        figure="up",
        rule="HitlNotScraped",
        threshold=gettext_noop("five minutes"),
    ),
    Risk(
        name="job-stands",
        area=THE_SERVICE,
        fault=gettext_noop("A job that keeps watch does not run."),
        who=ADMINISTRATORS,
        then=gettext_noop("Finds the work in its rows as soon as it runs again."),
        figure="hitl_drift_checked_timestamp_seconds",
        rule="HitlDriftNotChecked",
        threshold=gettext_noop("two days without a check"),
    ),
    Risk(
        name="webhooks-stuck",
        area=THE_SERVICE,
        fault=gettext_noop("Nobody is told of decisions: events wait to be sent."),
        who=ADMINISTRATORS,
        then=gettext_noop("Sends them again, later and later."),
        figure="hitl_webhooks_due",
        rule="HitlWebhooksStuck",
        page="webhooks",
        threshold=gettext_noop("more than 100 for half an hour"),
    ),
    Risk(
        name="everything-wrong",
        area=THE_SERVICE,
        fault=gettext_noop("Something is wrong, and nobody knows yet how much."),
        who=OPERATORS_ON_DUTY,
        then=gettext_noop("Stops everything with one click; a recall asks again about what was decided."),
        figure="hitl_stopped",
        page="recalls",
        threshold=gettext_noop("a person's word"),
    ),
    Risk(
        name="log-changed",
        area=THE_SERVICE,
        fault=gettext_noop("Somebody changes what was recorded."),
        who=AUDITORS,
        then=gettext_noop("Shows it: each entry holds the hash of the one before."),
        page="audit",
        threshold=gettext_noop("each check of the chain"),
    ),
)
