"""The label map of a model elsewhere, tried on known answers before anything is listened to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from hitl.shared.errors import Invalid, Problem
from hitl.shared.words import Words
from models_store.errors import LabelMapRefused
from science.label_maps import MapFit, fit_of
from science.serving import read_source_answer

MIN_KNOWN = 20  # answers that a label map is tried on
MIN_KNOWN_PER_LABEL = 2
MAX_KNOWN = 2_000


def labels_of(label_map: Mapping[str, str], known: Sequence[str]) -> list[str]:
    """Return the workflow's labels that the source can say, in the workflow's order.

    Raises:
        Invalid: the map names what is no label of the workflow, or leads to fewer than two.
    """
    fix = Words(
        "Give for each label that the model sends one of the workflow's: %(names)s.", names=", ".join(known)
    )
    if not all(isinstance(name, str) and name for pair in label_map.items() for name in pair):
        raise Invalid([Problem(field="label_map", error="names labels by what is no text", fix=fix)])
    unknown = sorted(set(label_map.values()) - set(known))
    if unknown:
        raise Invalid(
            [
                Problem(
                    field="label_map",
                    error=Words("names %(value)s, which is none", value=repr(unknown[0])),
                    fix=fix,
                )
            ]
        )
    labels = [label for label in known if label in set(label_map.values())]
    if len(labels) < 2:
        raise Invalid([Problem(field="label_map", error="leads to fewer than two labels", fix=fix)])
    return labels


def check_number(known_answers: Sequence[Any]) -> None:
    """Refuse too few known answers, and too many.

    Raises:
        Invalid: there are.
    """
    if not MIN_KNOWN <= len(known_answers) <= MAX_KNOWN:
        error = Words("are %(n)s", n=len(known_answers))
        fix = Words(
            "Send %(least)s to %(most)s cases whose answer is known, each with its scores.",
            least=MIN_KNOWN,
            most=MAX_KNOWN,
        )
        raise Invalid([Problem(field="known_answers", error=error, fix=fix)])


def tried(
    known_answers: Sequence[Mapping[str, Any]], label_map: Mapping[str, str], labels: Sequence[str]
) -> MapFit:
    """Read the known answers as intake reads scores, and see whether the map is the right way round.

    Each is `{"label": what is true, in the workflow's words, "probabilities": as it will be sent}`.

    Raises:
        Invalid: there are too few or too many, of one label too few, or one would go to a person.
        LabelMapRefused: another map fits clearly better; the message names it.
    """
    check_number(known_answers)
    errors: list[Problem] = []
    tops: list[str] = []
    truth: list[str] = []
    for place, one in enumerate(known_answers):
        sent, label = (
            (one.get("probabilities"), one.get("label")) if isinstance(one, Mapping) else (None, None)
        )
        said = read_source_answer(sent, label_map, labels)
        where = f"known_answers[{place}]"
        if not isinstance(label, str) or label not in labels:
            fix = Words("Give the true answer, one of %(names)s.", names=", ".join(labels))
            errors.append(Problem(field=f"{where}.label", error="is no label that the map leads to", fix=fix))
        elif said.unusable is not None or not isinstance(sent, Mapping):
            error = Words("would go to a person: %(why)s", why=said.unusable)
            fix = Words("Send a probability for each label of the map and no other; they add up to 1.")
            errors.append(Problem(field=f"{where}.probabilities", error=error, fix=fix))
        else:
            tops.append(max(sent, key=sent.__getitem__))
            truth.append(label)
    if errors:
        raise Invalid(errors[:20])
    counts = Counter(truth)
    rare = [label for label in labels if counts[label] < MIN_KNOWN_PER_LABEL]
    if rare:
        error = Words(
            "hold fewer than %(least)s of %(names)s", least=MIN_KNOWN_PER_LABEL, names=", ".join(rare)
        )
        fix = Words("Add some: a map that turns two labels round is found by cases of both.")
        raise Invalid([Problem(field="known_answers", error=error, fix=fix)])
    fit = fit_of(tops, truth, label_map)
    if fit.is_refuted:
        fitting = ", ".join(f"{sent} → {label}" for sent, label in fit.best.items())
        raise LabelMapRefused(
            Words(
                "Under this label map %(right)s of %(n)s known answers are right; %(best)s would be under"
                " another: %(fitting)s. Labels are turned round, or the answers are not the true ones.",
                right=fit.right,
                n=fit.n,
                best=fit.best_right,
                fitting=fitting,
            ),
            right=fit.right,
            best_right=fit.best_right,
            n=fit.n,
            best=fit.best,
        )
    return fit
