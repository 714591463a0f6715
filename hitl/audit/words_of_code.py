"""Words of the code in entries of the audit log, by their sort, so that pages can say them in other languages.

English says them as the code does. The sort is part of the context of a translation: an alarm that was
"expected" and the measure of that name are two words elsewhere.
"""

from django.utils.translation import pgettext, pgettext_lazy

DEGREES = (
    pgettext_lazy("audit log: degree", "human only"),
    pgettext_lazy("audit log: degree", "shadow"),
    pgettext_lazy("audit log: degree", "assist"),
    pgettext_lazy("audit log: degree", "partial"),
    pgettext_lazy("audit log: degree", "full"),
)
MEASURES = (
    pgettext_lazy("audit log: measure", "words"),
    pgettext_lazy("audit log: measure", "unknown"),
    pgettext_lazy("audit log: measure", "other characters"),
    pgettext_lazy("audit log: measure", "characters"),
    pgettext_lazy("audit log: measure", "script"),
    pgettext_lazy("audit log: measure", "value"),
    pgettext_lazy("audit log: measure", "form"),
    pgettext_lazy("audit log: measure", "brightness"),
    pgettext_lazy("audit log: measure", "contrast"),
    pgettext_lazy("audit log: measure", "detail"),
    pgettext_lazy("audit log: measure", "dark"),
    pgettext_lazy("audit log: measure", "bright"),
    pgettext_lazy("audit log: measure", "shape"),
    pgettext_lazy("audit log: measure", "side"),
    pgettext_lazy("audit log: measure", "loudness"),
    pgettext_lazy("audit log: measure", "tenths"),
    pgettext_lazy("audit log: measure", "clipped"),
    pgettext_lazy("audit log: measure", "sound"),
    pgettext_lazy("audit log: measure", "pitch"),
    pgettext_lazy("audit log: measure", "centre"),
    pgettext_lazy("audit log: measure", "high"),
    pgettext_lazy("audit log: measure", "rate"),
    pgettext_lazy("audit log: measure", "score"),
    pgettext_lazy("audit log: measure", "label"),
    pgettext_lazy("audit log: measure", "route"),
    pgettext_lazy("audit log: measure", "null"),
    pgettext_lazy("audit log: measure", "again"),
    pgettext_lazy("audit log: measure", "doubt"),
    pgettext_lazy("audit log: measure", "override"),
    pgettext_lazy("audit log: measure", "blind"),
    pgettext_lazy("audit log: measure", "known"),
    pgettext_lazy("audit log: measure", "seconds"),
    pgettext_lazy("audit log: measure", "waited"),
    pgettext_lazy("audit log: measure", "gap"),
    pgettext_lazy("audit log: measure", "expected"),
    pgettext_lazy("audit log: measure", "skew"),
    pgettext_lazy("audit log: measure", "together"),
    pgettext_lazy("audit log: measure", "impact"),
)
VERDICTS = (
    pgettext_lazy("audit log: alarm", "real"),
    pgettext_lazy("audit log: alarm", "noise"),
    pgettext_lazy("audit log: alarm", "expected"),
)
PERIODS = (
    pgettext_lazy("audit log: period", "kept"),
    pgettext_lazy("audit log: period", "broken"),
    pgettext_lazy("audit log: period", "not decided"),
    pgettext_lazy("audit log: period", "nothing"),
)
ENDINGS = (
    pgettext_lazy("audit log: ending", "kept"),
    pgettext_lazy("audit log: ending", "returned"),
    pgettext_lazy("audit log: ending", "replaced"),
    pgettext_lazy("audit log: ending", "certified"),
    pgettext_lazy("audit log: ending", "abandoned"),
)
LEVELS = (
    pgettext_lazy("audit log: level", "certified"),
    pgettext_lazy("audit log: level", "amber"),
)
CHANGES = (
    pgettext_lazy("audit log: change", "canary"),
    pgettext_lazy("audit log: change", "widen"),
    pgettext_lazy("audit log: change", "promote"),
)
SIGNS = (
    pgettext_lazy("audit log: sign", "score drift"),
    pgettext_lazy("audit log: sign", "disagreement"),
    pgettext_lazy("audit log: sign", "data drift"),
)
TRIGGERS = (
    pgettext_lazy("audit log: trigger", "hand"),
    pgettext_lazy("audit log: trigger", "schedule"),
    pgettext_lazy("audit log: trigger", "labels"),
    pgettext_lazy("audit log: trigger", "alarm"),
    pgettext_lazy("audit log: trigger", "drift"),
)
DRILLS = (
    pgettext_lazy("audit log: drill", "numbers move"),
    pgettext_lazy("audit log: drill", "new category"),
    pgettext_lazy("audit log: drill", "field missing"),
    pgettext_lazy("audit log: drill", "other texts"),
    pgettext_lazy("audit log: drill", "sent again"),
    pgettext_lazy("audit log: drill", "passed"),
    pgettext_lazy("audit log: drill", "failed"),
)
SETTINGS = (
    pgettext_lazy("audit log: setting", "name"),
    pgettext_lazy("audit log: setting", "description"),
    pgettext_lazy("audit log: setting", "review policy"),
)
SCOPES = (
    pgettext_lazy("audit log: scope", "submit"),
    pgettext_lazy("audit log: scope", "read"),
    pgettext_lazy("audit log: scope", "manage"),
    pgettext_lazy("audit log: scope", "release"),
)


def in_words(code: str, sort: str) -> str:
    """Say a word of the code in the language of this moment; one that is not known here stays as it is."""
    plain = code.replace("_", " ")
    return pgettext(f"audit log: {sort}", plain) if plain else ""
