"""Terms of decisions: degree, route, basis, reason.

The tables below turn the small integers in arrays back into words.
"""

from enum import StrEnum


class Degree(StrEnum):
    """How much a workflow, or one of its labels, leaves to the model."""

    HUMAN_ONLY = "human_only"
    SHADOW = "shadow"
    ASSIST = "assist"
    PARTIAL = "partial"
    FULL = "full"

    @property
    def rank(self) -> int:
        """0 for the least automation, 4 for the most."""
        return RANK[self]

    @property
    def automates(self) -> bool:
        """Whether the model may decide cases."""
        return self.rank >= Degree.PARTIAL.rank


class Route(StrEnum):
    """Who decides."""

    AUTO = "auto"
    REVIEW = "review"
    BREAKER_REVIEW = "breaker_review"


class Basis(StrEnum):
    """What the cutoffs in force rest on."""

    CERTIFIED = "certified"
    PROVISIONAL = "provisional"
    BY_HAND = "by_hand"
    NONE = "none"


class Reason(StrEnum):
    """Why a case went where it went. The first is the only one that automates."""

    ABOVE_CUTOFF = "above_cutoff"
    BELOW_CUTOFF = "below_cutoff"
    NO_CUTOFF = "no_cutoff"
    LABEL_NOT_AUTOMATED = "label_not_automated"
    UNKNOWN_LABEL = "unknown_label"
    RAMP = "ramp"
    BAD_SCORE = "bad_score"
    NO_SCORE = "no_score"
    UNFIT_INPUT = "unfit_input"
    UNFAMILIAR = "unfamiliar"
    SOURCE_SILENT = "source_silent"
    SOURCE_UNREGISTERED = "source_unregistered"
    SCORES_MALFORMED = "scores_malformed"
    SCORES_LACK_LABEL = "scores_lack_label"
    SCORES_EXTRA_LABEL = "scores_extra_label"
    SCORES_NO_NUMBERS = "scores_no_numbers"
    SCORES_NEGATIVE = "scores_negative"
    SCORES_SUM = "scores_sum"
    SCORING = "scoring"
    SOURCE_LATE = "source_late"
    SOURCE_UNREACHABLE = "source_unreachable"
    SOURCE_TIMEOUT = "source_timeout"
    SOURCE_FAILED = "source_failed"
    SOURCE_REFUSED = "source_refused"
    SOURCE_UNREADABLE = "source_unreadable"
    SOURCE_SHORT = "source_short"
    SOURCE_CHANGED = "source_changed"
    SOURCE_MASS = "source_mass"
    SOURCE_SPARED = "source_spared"
    STOPPED = "stopped"
    BREAKER = "breaker"
    CERTIFICATE_EXPIRED = "certificate_expired"
    NOT_CERTIFIED = "not_certified"
    ASSIST = "assist"
    SCHEMA_MISMATCH = "schema_mismatch"
    NO_MODEL = "no_model"
    SHADOW = "shadow"
    HUMAN_ONLY = "human_only"
    NO_RULE = "no_rule"


# Why what a model elsewhere said of a case cannot be used.
OF_SOURCES = (
    Reason.SOURCE_SILENT,
    Reason.SOURCE_UNREGISTERED,
    Reason.SCORES_MALFORMED,
    Reason.SCORES_LACK_LABEL,
    Reason.SCORES_EXTRA_LABEL,
    Reason.SCORES_NO_NUMBERS,
    Reason.SCORES_NEGATIVE,
    Reason.SCORES_SUM,
    Reason.SCORING,
    Reason.SOURCE_LATE,
    Reason.SOURCE_UNREACHABLE,
    Reason.SOURCE_TIMEOUT,
    Reason.SOURCE_FAILED,
    Reason.SOURCE_REFUSED,
    Reason.SOURCE_UNREADABLE,
    Reason.SOURCE_SHORT,
    Reason.SOURCE_CHANGED,
    Reason.SOURCE_MASS,
    Reason.SOURCE_SPARED,
)
DEGREES = tuple(Degree)
ROUTES = tuple(Route)
REASONS = tuple(Reason)
RANK = {degree: rank for rank, degree in enumerate(DEGREES)}
ROUTE_CODE = {route: code for code, route in enumerate(ROUTES)}
REASON_CODE = {reason: code for code, reason in enumerate(REASONS)}
ABOVE, BELOW, RAMP = (
    REASON_CODE[Reason.ABOVE_CUTOFF],
    REASON_CODE[Reason.BELOW_CUTOFF],
    REASON_CODE[Reason.RAMP],
)
