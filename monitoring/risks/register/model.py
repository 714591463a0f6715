"""What could go wrong with the model: what it says, and whether it is right."""

from django.utils.translation import gettext_noop

from monitoring.risks.register.texts import ADMINISTRATORS, DRIFTS, LEADS, OPERATORS_ON_DUTY
from monitoring.risks.risk import Risk

WHAT_THE_MODEL_SAYS = gettext_noop("What the model says")
WHETHER_IT_IS_RIGHT = gettext_noop("Whether it is right")

RISKS = (
    Risk(
        name="scores-move",
        area=WHAT_THE_MODEL_SAYS,
        fault=gettext_noop("The model is surer or less sure than it was."),
        who=OPERATORS_ON_DUTY,
        then=DRIFTS,
        family="output",
        measures=("score",),
        drill="scores_move",
    ),
    Risk(
        name="other-labels",
        area=WHAT_THE_MODEL_SAYS,
        fault=gettext_noop("The model gives some label more often than it did."),
        who=OPERATORS_ON_DUTY,
        then=DRIFTS,
        family="output",
        measures=("label",),
        drill="other_labels",
    ),
    Risk(
        name="no-answer",
        area=WHAT_THE_MODEL_SAYS,
        fault=gettext_noop("The model gives no usable answer: it cannot read what comes in."),
        who=OPERATORS_ON_DUTY,
        then=gettext_noop("Sends these cases to people, and raises an alarm."),
        family="output",
        measures=("null",),
    ),
    Risk(
        name="automation-moves",
        area=WHAT_THE_MODEL_SAYS,
        fault=gettext_noop("Much more or much less is automated than before."),
        who=OPERATORS_ON_DUTY,
        then=DRIFTS,
        family="output",
        measures=("route",),
    ),
    Risk(
        name="model-gone",
        area=WHAT_THE_MODEL_SAYS,
        fault=gettext_noop("The model's file is lost or was changed."),
        who=ADMINISTRATORS,
        then=gettext_noop("Sends every case to people."),
        figure="hitl_model_usable",
        rule="HitlModelNotUsable",
        threshold=gettext_noop("at once"),
    ),
    Risk(
        name="worse-than-promised",
        area=WHETHER_IT_IS_RIGHT,
        fault=gettext_noop("The model is wrong more often than promised."),
        who=OPERATORS_ON_DUTY,
        then=gettext_noop("Audits more, then steps down, then stops automation, as the evidence grows."),
        figure="hitl_breaker_tripped",
        rule="HitlBreakerTripped",
        page="promise-page",
        threshold=gettext_noop("evidence of 20 to 1, valid at every moment"),
    ),
    Risk(
        name="other-truth",
        area=WHETHER_IT_IS_RIGHT,
        fault=gettext_noop("What is right has changed, and cases look as they always did."),
        who=OPERATORS_ON_DUTY,
        then=gettext_noop("Raises an alarm and audits more; the watch of the promise steps down by itself."),
        family="output",
        measures=("gap", "expected"),
    ),
    Risk(
        name="another-model-decides",
        area=WHETHER_IT_IS_RIGHT,
        fault=gettext_noop(
            "What decides is not what was certified, or cases are not stored as they were read."
        ),
        who=ADMINISTRATORS,
        then=gettext_noop("Raises an alarm at the first score that comes out otherwise."),
        family="output",
        measures=("skew",),
    ),
    Risk(
        name="budget-spent",
        area=WHETHER_IT_IS_RIGHT,
        fault=gettext_noop("More wrong decisions are delivered than the period's budget allows."),
        who=OPERATORS_ON_DUTY,
        then=gettext_noop("Says so when what is to come looks too wrong, and audits more."),
        figure="hitl_budget_overspending",
        rule="HitlBudgetOverspending",
        page="promise-page",
        threshold=gettext_noop("the forecast of the decisions to come lies above what is left"),
    ),
    Risk(
        name="weak-slice",
        area=WHETHER_IT_IS_RIGHT,
        fault=gettext_noop("It is right on average and wrong on one kind of case."),
        who=LEADS,
        then=gettext_noop("Shows the slices that surely err more, and which cases to ask about."),
        page="data-needed",
        threshold=gettext_noop("all slices together, at 95 %"),
    ),
    Risk(
        name="bad-new-model",
        area=WHETHER_IT_IS_RIGHT,
        fault=gettext_noop("A new model is worse than the one it replaces."),
        who=OPERATORS_ON_DUTY,
        then=gettext_noop("Refuses it at the gate, or rolls its canary back."),
        page="models",
        threshold=gettext_noop("its canary's evidence of harm"),
    ),
    Risk(
        name="never-proved",
        area=WHETHER_IT_IS_RIGHT,
        fault=gettext_noop("A promise is believed and never proved."),
        who=OPERATORS_ON_DUTY,
        then=gettext_noop("Automates a quarter of what is accepted, until it is proved."),
        page="promise-page",
        threshold=gettext_noop("until a live test has passed"),
    ),
)
