"""Why a step of a canary stands as it does, in words."""

from collections.abc import Sequence

from hitl.shared.words import Words
from science.canary.step import Judged

_WORSE = {
    "champion": Words("Audits show that it is wrong more often than the champion."),
    "promise": Words("Audits show that it is wrong more often than was promised."),
}
_LOST = {
    "assigned": Words("too many or too few fall to the canary."),
    "scored": Words("those of one arm are not scored as often."),
    "decided": Words("the scores of one arm cannot be used as often."),
    "audited": Words("audits of one arm are lost more often."),
}


def reasons(judged: Judged, signals: Sequence[str]) -> list[str]:
    """Return a sentence for each reason, what is gravest first; none where it passes."""
    found: list[str] = [_WORSE[name] for name in judged.worse]
    if judged.worse:
        return found
    if judged.unknown:
        found.append(Words("Nothing can be said of: %(names)s.", names=", ".join(judged.unknown)))
    if judged.stage:
        found.append(arms_differ(judged.stage))
    found += signals
    if judged.missing:
        found.append(
            Words.counted("%(n)s answer is missing.", "%(n)s answers are missing.", n=judged.missing)
        )
    if judged.until is not None:
        found.append(Words("It lasts until %(at)s at least.", at=f"{judged.until:%Y-%m-%d %H:%M} UTC"))
    return found


def arms_differ(stage: str) -> str:
    """Say where the arms differ in what comes through."""
    return Words("Cases do not come through alike in both arms: %(where)s", where=_LOST[stage])
