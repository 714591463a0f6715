"""A release's model card as Markdown: everything its page says, in a file that can be kept."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hitl.web.format import exact_time, percent, size
from models_store.models import RoleSpan
from models_store.web.presenters import ShownRelease

_EVERY = 10  # of the risk-coverage curve's points


def as_markdown(shown: ShownRelease, history: Sequence[RoleSpan]) -> str:
    """Return the card; a part of the report that is not there is left out."""
    release, report = shown.release, shown.report
    workflow = release.workflow
    role = shown.role.words
    parts = [
        f"# {_plain(workflow.name)}: {release.name}",
        f"{_plain(str(report.get('chosen', '')))}; made {exact_time(release.created_at)}; {role}.",
        *_measures(shown),
        *_data(shown),
        *_candidates(shown),
        *_labels(shown),
        *_slices(report),
        *_curves(report),
        *_gate(shown),
        *_evidence(shown),
        *_identity(shown),
        *_limits(shown),
        *_history(history),
    ]
    return "\n\n".join(parts) + "\n"


def _measures(shown: ShownRelease) -> Iterable[str]:
    chosen, interval = shown.chosen, shown.error_interval
    if not chosen or interval is None:
        return
    yield "## Measures"
    known = shown.error_where_known
    beside = [] if known is None else [f"The same, of entities it knows: {percent(known)}"]
    yield _list(
        f"Wrong if it answered everything: {percent(shown.error)} (95 % interval {percent(interval[0])} to"
        f" {percent(interval[1])}), on cases it was not trained on",
        *beside,
        f"Mean error over all automation rates (AURC): {percent(chosen['aurc'], 2)}",
        f"Calibration error: {percent(chosen['calibration_error'])}",
        f"Log loss: {chosen['log_loss']:.3f}",
    )


def _data(shown: ShownRelease) -> Iterable[str]:
    data, span = shown.data, shown.span_of_labels
    yield "## Data"
    lines = [f"Labels by people: {shown.n_labels or 0:,}"]
    if data.get("n_left_out"):
        lines.append(f"Left out, because they do not fit the fields and labels: {data['n_left_out']:,}")
    if data.get("n_older"):
        older = (
            f"Older ones left out, because a model without them is better on the latest: {data['n_older']:,}"
        )
        lines.append(older)
    if data.get("n_blind") is not None:
        lines.append(f"Answered without sight of a model: {data['n_blind']:,}")
    if shown.purposes:
        lines.append("Asked for: " + ", ".join(f"{purpose} {n:,}" for purpose, n in shown.purposes))
    if span:
        lines.append(f"Answered: {exact_time(span[0])} to {exact_time(span[1])}")
    if shown.mix:
        lines.append("Mix: " + ", ".join(f"{_plain(label)} {n:,}" for label, n in shown.mix))
    if data.get("sha256"):
        lines.append(f"Hash: `{data['sha256']}`")
    judged = shown.report.get("judged")
    if judged:
        lines.append(f"Judged by {judged['n']:,} labels of {judged['n_groups']:,} groups, {_how(judged)}")
    yield _list(*lines)


def _how(judged: Mapping[str, int]) -> str:
    if not judged["n_held_out"]:
        return "each by a model of other groups"
    return f"{judged['n_held_out']:,} held out of training, the others each by a model of other groups"


def _candidates(shown: ShownRelease) -> Iterable[str]:
    if not shown.candidates:
        return
    yield "## Candidates and baselines"
    rows = [
        [
            _plain(one["name"]) + (" (chosen)" if one["name"] == shown.report.get("chosen") else ""),
            percent(one["aurc"], 2), percent(one["wrong"]), f"{one['log_loss']:.3f}",
            percent(one["calibration_error"]), f"{one['fit_seconds']:.2f}",
        ]
        for one in shown.candidates
    ]  # fmt: skip
    majority = shown.report.get("baselines", {}).get("majority")
    if majority:
        wrong = percent(shown.majority_error)
        rows.append(["always the commonest label", percent(majority["aurc"], 2), wrong, "–", "–", "–"])
    head = ["pipeline", "AURC", "wrong", "log loss", "calibration error", "CPU s"]
    yield _table(head, rows)


def _labels(shown: ShownRelease) -> Iterable[str]:
    if not shown.labels:
        return
    yield "## Label by label"
    rows = [
        [_plain(label), f"{one['n']:,}", percent(one["recall"]), percent(one["precision"])]
        for label, one in shown.labels
    ]
    rows += [[_plain(label), f"{n:,}", "never said", "too few to learn"] for label, n in shown.left_out]
    yield _table(["label", "cases", "found", "right when said"], rows)


def _slices(report: Mapping[str, Any]) -> Iterable[str]:
    found = report.get("slices")
    if not found or not found["worst"]:
        return
    yield "## Where it errs most"
    yield (
        f"The worst of {found['n_slices']} groups of {found['n']:,} cases; the intervals hold for all of them"
        " together at 95 %."
    )
    rows = [
        [
            _plain(one["slice"]), f"{one['n']:,}", percent(one["wrong"]), percent(one["low"]),
            percent(one["high"]),
        ]
        for one in found["worst"]
    ]  # fmt: skip
    yield _table(["group", "cases", "wrong", "low", "high"], rows)


def _curves(report: Mapping[str, Any]) -> Iterable[str]:
    bins = [one for one in report.get("calibration", []) if one["n"]]
    if bins:
        yield "## Calibration"
        rows = [[f"{one['n']:,}", percent(one["confidence"]), percent(one["right"])] for one in bins]
        yield _table(["cases", "mean confidence", "right"], rows)
    points = [one for one in report.get("risk_coverage", []) if one["coverage"] > 0]
    if points:
        yield "## Error against automation rate"
        shown = [*points[::_EVERY], points[-1]]
        rows = [[percent(one["coverage"]), percent(one["risk"], 2), f"{one['cutoff']:.4f}"] for one in shown]
        yield _table(["automation rate", "wrong", "cutoff"], rows)


def _gate(shown: ShownRelease) -> Iterable[str]:
    asked = shown.gate
    if asked:
        yield "## The gate"
        said = [f"{'Passed' if one.passed else 'Refused'}: {one.name}. {one.words}" for one in asked]
        yield _list(*map(_plain, said))


def _evidence(shown: ShownRelease) -> Iterable[str]:
    found = shown.report.get("explanations")
    if not found or not found["n_rows"]:
        return
    yield "## Evidence"
    lines = [
        f"Checked on the {found['n_rows']} least sure cases",
        f"Weak in {percent(found['weak'], 0)} of them",
    ]
    if shown.method:
        lines.insert(0, f"Found by {shown.method}")
    lines.append(f"Adds up: {shown.adds_up}")
    if found.get("n_highlights"):
        lines.append(f"Marks found in the case: every one of {found['n_highlights']:,} marks")
    if found["ratio"]:
        words = (
            f"Without the three strongest marks it moves {found['ratio']:.1f} times as far as without three"
            " others"
        )
        lines.append(words + (", so every mark is called weak" if shown.is_poorly_explained else ""))
    if shown.marks:
        lines.append(f"Marks in pictures: {shown.marks}")
    yield _list(*lines)


def _elsewhere(shown: ShownRelease) -> Iterable[str]:
    """Where scores come from, if not from here alone."""
    source, cascade = shown.release.source, shown.report.get("cascade")
    if source is None:
        return
    if cascade:
        own = _plain(shown.report["own"]["chosen"])
        yield (
            f"A cascade: a local model ({own}) speaks where its likeliest label has at least"
            f" {percent(cascade['threshold'])}, and leaves {percent(cascade['left'])} of the cases"
        )
    yield f"Scores come from a model elsewhere: {_plain(source.name)}, `{source.sha256}`"


def _identity(shown: ShownRelease) -> Iterable[str]:
    release, manifest = shown.release, shown.release.manifest
    lines = [*_elsewhere(shown), f"File: `{release.artifact_sha256}`, {size(release.artifact_bytes)}"]
    if manifest:
        packages = ", ".join(f"{name} {version}" for name, version in manifest["packages"].items())
        lines += [
            f"Manifest: `{manifest['sha256']}`",
            f"Code: `{manifest['code_sha256']}`",
            f"Lock file: `{manifest['lock_sha256']}`",
            f"Seed: {manifest['seed']}",
            f"Made with {packages}, Python {manifest['python']} on {manifest['platform']}",
        ]
    verified = shown.report.get("verified")
    if verified:
        lines.append(
            f"Equal to what was trained within {verified['largest_difference']:.1g} on"
            f" {verified['rows']:,} rows"
        )
    yield "## What it is"
    yield _list(*lines)


def _limits(shown: ShownRelease) -> Iterable[str]:
    yield "## Limits"
    lines = [
        "It knows cases like those it was trained on; what it cannot read goes to a person",
        "These numbers are about labelled cases; what may be decided without a person is a matter of cutoffs"
        " and certificates",
    ]
    lines += [words.removesuffix(".") for words in shown.looks]
    if shown.left_out:
        lines.append("It never answers " + ", ".join(_plain(label) for label, _ in shown.left_out))
    if shown.report.get("unread"):
        lines.append("It does not read, as no evidence: " + ", ".join(map(_plain, shown.report["unread"])))
    if shown.report.get("n_unreadable"):
        lines.append(f"Training cases with files it could not read: {shown.report['n_unreadable']:,}")
    if shown.report.get("skipped"):
        lines.append(f"Not tried for lack of time: {', '.join(shown.report['skipped'])}")
    yield _list(*lines)


def _history(history: Sequence[RoleSpan]) -> Iterable[str]:
    if history:
        yield "## Roles it has had"
        yield _list(
            *(
                f"{span.role} from {exact_time(span.since)} to"
                f" {exact_time(span.until) if span.until else 'now'}, by {_plain(span.by)}"
                f"{': ' + _plain(span.reason) if span.reason else ''}"
                for span in history
            )
        )


def _list(*lines: str) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    aligned = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, aligned, *rows))


def _plain(text: str) -> str:
    """Words of people, so that none of them is taken for Markdown or HTML."""
    escaped = "".join(f"\\{char}" if char in "\\`*_[]|#" else char for char in " ".join(text.split()))
    return escaped.replace("&", "&amp;").replace("<", "&lt;")
