"""What could go wrong with the people who decide."""

from django.utils.translation import gettext_noop

from monitoring.risks.register.texts import LEADS, OPERATORS_ON_DUTY
from monitoring.risks.risk import Risk

PEOPLE = gettext_noop("People")

RISKS = (
    Risk(
        name="audits-unanswered",
        area=PEOPLE,
        fault=gettext_noop("Nobody answers audits, so that nobody would notice a mistake."),
        who=LEADS,
        then=gettext_noop("Stops automation."),
        figure="hitl_breaker_tripped",
        rule="HitlBreakerTripped",
        page="promise-page",
        threshold=gettext_noop("when audits are overdue"),
    ),
    Risk(
        name="rubber-stamp",
        area=PEOPLE,
        fault=gettext_noop("Reviewers repeat the model's suggestion without looking."),
        who=LEADS,
        then=gettext_noop("Asks a share blind, and compares."),
        family="people",
        measures=("override", "blind"),
        drill="kept_unread",
        page="lead-agreement",
    ),
    Risk(
        name="reviewers-err",
        area=PEOPLE,
        fault=gettext_noop("Reviewers overlook mistakes, or have grown careless."),
        who=LEADS,
        then=gettext_noop(
            "Mixes in known answers; the promise is tested as strictly as what they miss asks for."
        ),
        family="people",
        measures=("known",),
        page="lead-people",
    ),
    Risk(
        name="labels-disagree",
        area=PEOPLE,
        fault=gettext_noop("People label alike cases differently: no model can learn that."),
        who=LEADS,
        then=gettext_noop("Shows the pairs to leads."),
        page="data-needed",
        threshold=gettext_noop("each pair is shown"),
    ),
    Risk(
        name="too-fast",
        area=PEOPLE,
        fault=gettext_noop("Answers take far less or far more time than they did."),
        who=LEADS,
        then=gettext_noop("Raises an alarm."),
        family="people",
        measures=("seconds",),
        drill="answered_too_fast",
    ),
    Risk(
        name="queue-grows",
        area=PEOPLE,
        fault=gettext_noop("More comes in than people answer: cases wait past their time."),
        who=LEADS,
        then=gettext_noop("Does with overdue cases what the workflow's rules say."),
        family="people",
        measures=("waited",),
        drill="answered_late",
        figure="hitl_tasks_overdue_seconds",
        rule="HitlTasksOverdue",
        threshold=gettext_noop("an hour past its time, for half an hour"),
    ),
    Risk(
        name="alarm-ignored",
        area=PEOPLE,
        fault=gettext_noop("An alarm stands, and nobody looks."),
        who=OPERATORS_ON_DUTY,
        then=gettext_noop("Shows it on the overview, and to Prometheus."),
        figure="hitl_alarms",
        rule="HitlAlarmOpen",
        page="monitoring",
        threshold=gettext_noop("two days open"),
    ),
)
