"""What could go wrong with what comes in."""

from django.utils.translation import gettext_noop

from monitoring.risks.register.texts import ADMINISTRATORS, DRIFTS, OPERATORS_ON_DUTY
from monitoring.risks.risk import Risk

WHAT_COMES_IN = gettext_noop("What comes in")

RISKS = (
    Risk(
        name="numbers-move",
        area=WHAT_COMES_IN,
        fault=gettext_noop("Numbers are other than before: another unit, another kind of customer."),
        who=OPERATORS_ON_DUTY,
        then=DRIFTS,
        family="input",
        measures=("value",),
        drill="numbers_move",
    ),
    Risk(
        name="numbers-creep",
        area=WHAT_COMES_IN,
        fault=gettext_noop("Numbers change a little every day: no day differs much from the one before."),
        who=OPERATORS_ON_DUTY,
        then=DRIFTS,
        family="input",
        measures=("value",),
        drill="numbers_creep",
    ),
    Risk(
        name="new-category",
        area=WHAT_COMES_IN,
        fault=gettext_noop("A value comes in that never came before: a form has another list."),
        who=OPERATORS_ON_DUTY,
        then=DRIFTS,
        family="input",
        measures=("value",),
        drill="new_category",
    ),
    Risk(
        name="field-missing",
        area=WHAT_COMES_IN,
        fault=gettext_noop("A system before ours no longer fills a field."),
        who=OPERATORS_ON_DUTY,
        then=DRIFTS,
        family="input",
        measures=("value", "words", "brightness", "loudness"),
        drill="field_missing",
    ),
    Risk(
        name="other-texts",
        area=WHAT_COMES_IN,
        fault=gettext_noop("Texts are of another language, length or vocabulary."),
        who=OPERATORS_ON_DUTY,
        then=DRIFTS,
        family="input",
        measures=("words", "unknown", "other characters", "script"),
        drill="other_texts",
    ),
    Risk(
        name="worse-pictures",
        area=WHAT_COMES_IN,
        fault=gettext_noop("Pictures are darker, blurred or cut otherwise: a camera or its light changed."),
        who=OPERATORS_ON_DUTY,
        then=DRIFTS,
        family="input",
        measures=("brightness", "contrast", "detail", "dark", "bright", "shape", "side"),
        drill="darker_pictures",
    ),
    Risk(
        name="worse-sound",
        area=WHAT_COMES_IN,
        fault=gettext_noop(
            "Recordings are quieter, clipped, muffled or higher: a microphone, a codec or the "
            "callers changed."
        ),
        who=OPERATORS_ON_DUTY,
        then=DRIFTS,
        family="input",
        measures=("loudness", "clipped", "sound", "high", "tenths", "pitch", "centre", "rate"),
        drill="quieter_sound",
    ),
    Risk(
        name="many-small-changes",
        area=WHAT_COMES_IN,
        fault=gettext_noop("Many fields change a little, none enough to be seen alone."),
        who=OPERATORS_ON_DUTY,
        then=DRIFTS,
        family="input",
        measures=("together",),
    ),
    Risk(
        name="sent-again",
        area=WHAT_COMES_IN,
        fault=gettext_noop(
            "The same case is sent again and again: its sender does not get or like the answer."
        ),
        who=OPERATORS_ON_DUTY,
        then=DRIFTS,
        family="output",
        measures=("again",),
        drill="sent_again",
    ),
    Risk(
        name="refused-input",
        area=WHAT_COMES_IN,
        fault=gettext_noop("Cases do not fit their fields any more and are refused."),
        who=ADMINISTRATORS,
        then=gettext_noop("Refuses each with the field and the fix; nothing of it is kept."),
        page="api-docs",
        threshold=gettext_noop("the sender sees each"),
    ),
)
