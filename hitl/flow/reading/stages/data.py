"""Second stage: what labels mean, how many there are, where they come from, and whether people agree."""

from django.urls import reverse
from django.utils.translation import gettext

from hitl.flow.reading.stages.parts import Criterion, Fact, Stage
from hitl.flow.reading.stages.seen import MAX_ROWS, Seen
from hitl.shared.numbers import number
from hitl.web.format import percent
from models_store.selectors import FEW_EXAMPLES, training_settings

ALIKE = 0.05  # of pairs of alike cases: labelled differently more often, the policy leaves something open


def data(seen: Seen) -> Stage:
    """Look at definition, number and consistency of the labels."""
    return Stage(
        key="data",
        name=gettext("Data"),
        about=gettext("What labels mean, where they come from, and whether people agree on them."),
        facts=[
            Fact(
                gettext("Labels"),
                gettext("%(n)s of the latest") % {"n": number(MAX_ROWS)}
                if seen.n_labels >= MAX_ROWS
                else number(seen.n_labels),
                reverse("models", args=[seen.workflow.slug]),
            ),
            Fact(gettext("Of these from random, blind answers"), number(seen.random_labels)),
            Fact(
                gettext("By label"),
                ", ".join(f"{label} {number(n)}" for label, n in seen.labels.items()),
            ),
        ],
        criteria=[_defined(seen), _enough(seen), _each(seen), _alike(seen)],
    )


def _defined(seen: Seen) -> Criterion:
    without = [label["name"] for label in seen.schema.labels if not label.get("meaning")]
    return Criterion(
        gettext("Each label says what it means"),
        not without,
        gettext("No meaning is written for: %(labels)s.") % {"labels": ", ".join(without)}
        if without
        else gettext("A meaning is written for all %(n)s.") % {"n": number(len(seen.labels))},
        gettext("Write what they mean"),
        reverse("workflow-change", args=[seen.workflow.slug]),
    )


def _enough(seen: Seen) -> Criterion:
    least = training_settings(seen.workflow.pk).min_new_labels
    return Criterion(
        gettext("There are labels enough for a model"),
        seen.n_labels >= least,
        gettext("%(n)s; a model is trained from %(least)s on.")
        % {"n": number(seen.n_labels), "least": number(least)},
        gettext("Import a labelled history"),
        reverse("workflow", args=[seen.workflow.slug]),
    )


def _each(seen: Seen) -> Criterion:
    few = {label: n for label, n in seen.labels.items() if n <= FEW_EXAMPLES}
    return Criterion(
        gettext("Each label has more than %(n)s examples") % {"n": FEW_EXAMPLES},
        not few,
        gettext("Few: %(labels)s.") % {"labels": ", ".join(f"{label} ({n})" for label, n in few.items())}
        if few
        else gettext("The rarest has %(n)s.") % {"n": number(min(seen.labels.values(), default=0))},
        gettext("See what to label next"),
        reverse("data-needed", args=[seen.workflow.slug]),
    )


def _alike(seen: Seen) -> Criterion:
    found = seen.study.found.get("consistency", {}) if seen.study else {}
    pairs, differing = found.get("pairs", 0), found.get("differing", 0)
    why = gettext("Nobody has looked yet: a study of the data does.")
    if seen.study and not pairs:
        why = gettext("The last study found no two cases that are alike.")
    elif pairs:
        why = gettext("%(share)s of %(pairs)s pairs of alike cases have different labels.") % {
            "share": percent(differing / pairs),
            "pairs": number(pairs),
        }
    return Criterion(
        gettext("People label alike cases alike, all but %(share)s") % {"share": percent(ALIKE)},
        differing <= ALIKE * pairs if pairs else None,
        why,
        gettext("Study the data"),
        reverse("data-needed", args=[seen.workflow.slug]),
    )
