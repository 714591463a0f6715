"""What cannot be done about automation, and why."""

from hitl.shared.errors import Conflict, HitlError


class EvidenceMissing(HitlError):
    """The evidence for this degree of automation is missing."""

    code, status = "evidence_missing", 409


class AlreadyThere(Conflict):
    """This is how it already is."""

    code = "already_there"


class ChangedMeanwhile(Conflict):
    """What this rests on has changed since the page was loaded. Look at it again, then decide."""

    code = "changed_meanwhile"


class SecondPersonNeeded(HitlError):
    """You asked for this, so another operator must approve it."""

    code, status = "second_person_needed", 409


class NoModel(Conflict):
    """The workflow has no model, so there is nothing that a cutoff could apply to."""

    code = "no_model"


class NothingCertified(Conflict):
    """No certificate in force proves the present promise for the present model."""

    code = "nothing_certified"


class CanaryMoved(Conflict):
    """This canary has another share by now, or has ended. Look at it again."""

    code = "canary_moved"
