"""What a terminal shows of a file: its columns as they are read, and what a model of its rows could do."""

from collections.abc import Iterator

from django.urls import reverse

from cases.files.reading import Reading
from hitl.flow.reading.beginning import Beginning
from hitl.shared.words import shown
from hitl.web.format import percent

_SHOWN = 40  # columns
_LABELS = 8


def columns_read(reading: Reading) -> Iterator[str]:
    """Yield a table, a line a column: how it is read, and what it holds or why it is left out."""
    rows = [(name, *_read_as(name, reading)) for name in reading.columns[:_SHOWN]]
    wide, wider = (max(len(row[place]) for row in rows) for place in (0, 1))
    for name, how, what in rows:
        yield f"  {name:{wide}}  {how:{wider}}  {what}".rstrip()
    if (more := len(reading.columns) - _SHOWN) > 0:
        yield f"  and {more:,} more columns"


def _read_as(name: str, reading: Reading) -> tuple[str, str]:
    kinds = {field["name"]: field for field in reading.fields}
    if name == reading.label:
        often = sorted(reading.counts.items(), key=lambda pair: -pair[1])
        counts = ", ".join(f"{label} {n:,}" for label, n in often[:_LABELS])
        return "label", counts + (f" and {len(often) - _LABELS:,} more" if len(often) > _LABELS else "")
    for role, column in (
        ("reference", reading.reference),
        ("time", reading.time),
        ("entity", reading.entity),
        ("case", reading.case_id),
    ):
        if name == column and name not in kinds:
            return role, ""
    if name in kinds:
        kind = kinds[name]["kind"] + ("" if kinds[name]["required"] else ", may be empty")
        return kind, ", ".join(reading.held[name].examples) if name in reading.held else ""
    return "left out", str(reading.left_out[name])


def what_follows(begins: Beginning, address: str) -> Iterator[str]:
    """Yield what a model of the rows could decide, or why there is none yet, and the next step.

    `address` is that of the service, "" where it is not known.
    """
    slug = begins.workflow.slug
    run = begins.run.run if begins.run else None
    if run is None:
        yield _no_run(begins, address)
    elif run.is_active:
        yield f"A model is to learn from them: {address}{reverse('models', args=[slug])}"
    elif run.release is None:
        yield f"No model yet. {shown(run.reason)}"
        yield f"Step by step: {address}{reverse('training-run', args=[run.pk])}"
    elif begins.at_once is None or begins.automation is None:
        why = "It is in shadow: another model decides."
        if begins.page is not None:
            why = "No cutoff is proved for this promise, so people decide every case."
        if begins.step and begins.step.hindrance:
            why = shown(begins.step.hindrance)
        yield f"Model {run.release.name} is trained. {why}"
        yield f"What would help: {address}{reverse('promise', args=[slug])}"
    else:
        yield from _could_decide(begins, run.release.name)
        yield f"Next: look at it and let it decide, {address}{reverse('automation', args=[slug])}"


def _no_run(begins: Beginning, address: str) -> str:
    if not begins.settings.is_automatic:
        page = f"{address}{reverse('models', args=[begins.workflow.slug])}"
        return f"No model is trained by itself here. Train one when you want to: {page}"
    least = begins.settings.min_new_labels
    if begins.labels < least:
        return (
            f"A model is trained from {least:,} labels on, and there are {begins.labels:,}. "
            "People decide until there are more."
        )
    return (
        f"The next model is trained once {least:,} labels are new, or {begins.settings.every_hours:g} hours "
        "after the last if any is."
    )


def _could_decide(begins: Beginning, model: str) -> Iterator[str]:
    automation, effort, at_once = begins.automation, begins.effort, begins.at_once
    if automation is None or automation.total is None or at_once is None or effort is None:
        return
    yield f"Model {model} is trained. {automation.policy.promise}"
    proved = f", {percent(automation.total.automation)} once proved" if automation.is_ramped else ""
    yield f"It could decide {percent(at_once)} of the cases at once{proved}."
    hours = f"{effort.hours:.0f} hours" if effort.hours >= 1 else "under an hour"
    yield (
        f"Of {effort.a_week:,} cases a week people would read {effort.read:,}, about {hours} at "
        f"{effort.seconds:.0f} s an answer."
    )
    if effort.wait:
        until = f", until {effort.proved_at:%-d %B %Y}" if effort.proved_at else ": years at this pace"
        yield f"The proof takes about {effort.wait.labels:,} blind answers{until}."
