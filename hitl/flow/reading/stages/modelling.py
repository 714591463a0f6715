"""Third stage: a model that passed the gate, what it could decide, and where it errs."""

from django.urls import reverse
from django.utils.translation import gettext

from hitl.flow.reading.stages.parts import Criterion, Fact, Stage
from hitl.flow.reading.stages.seen import Seen
from hitl.shared.numbers import number
from hitl.web.format import percent
from models_store import reports


def modelling(seen: Seen) -> Stage:
    """Look at the champion."""
    release, slug = seen.release, seen.workflow.slug
    facts = []
    if release is not None:
        card = reverse("release", args=[release.pk])
        error = reports.error_of(release.report)
        facts = [Fact(gettext("Champion"), release.name, card)]
        if error is not None:
            facts.append(Fact(gettext("Wrong if it answered everything"), percent(error), card))
    accepted = seen.page.automation.total
    looked = seen.study is not None and release is not None and seen.study.release_id == release.pk
    wanted = len(seen.study.found.get("wanted", {}).get("cases", [])) if seen.study else 0
    if wanted:
        facts.append(
            Fact(gettext("Worth labelling next"), number(wanted), reverse("data-needed", args=[slug]))
        )
    return Stage(
        key="modelling",
        name=gettext("Modelling"),
        about=gettext("A model, what it could decide under the promise, and where it errs."),
        facts=facts,
        criteria=[
            Criterion(
                gettext("A model has passed the gate"),
                release is not None,
                gettext("None yet: people decide every case.")
                if release is None
                else gettext("%(model)s is the champion.") % {"model": release.name},
                gettext("Train a model"),
                reverse("models", args=[slug]),
            ),
            Criterion(
                gettext("It could decide some of the cases under the promise"),
                None if release is None else accepted is not None and accepted.automation > 0,
                gettext("%(share)s of the labelled cases.") % {"share": percent(accepted.automation)}
                if accepted is not None
                else gettext("Its cutoffs would accept none that is known."),
                gettext("See what would help"),
                reverse("promise-page", args=[slug]),
            ),
            Criterion(
                gettext("Its errors have been looked at"),
                None if release is None else looked,
                gettext("By a study of this model.")
                if looked
                else gettext(
                    "This model has not been studied: which cases does it get wrong, and what do they share?"
                ),
                gettext("Study its errors"),
                reverse("data-needed", args=[slug]),
            ),
        ],
    )
