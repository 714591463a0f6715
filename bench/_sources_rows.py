"""What came of a model elsewhere: decisions, certificates, scores, and what a cascade saved."""

from collections.abc import Iterator
from typing import Any

from bench._sources_stand import TO_CALIBRATE, Stand, name_of
from hitl.bench.rows import Row
from models_store.models import SourceScore
from models_store.source_figures import figures_of
from policy.models import Certificate, Decision
from policy.types import LIVE_CERTIFICATES as LIVE
from policy.types import CertificateStatus


def rows(stand: Stand, name: str, n: int) -> Iterator[Row]:
    """Hold what was decided against the truth."""
    truth = {name_of(one.content): one.truth for one in stand.examples.cases}
    found = Decision.objects.filter(workflow=stand.workflow, sequence=0).select_related("case")
    facts = [(one.route, one.reason, one.label, truth[name_of(one.case.content)]) for one in found]
    auto = [(label, true) for route, _, label, true in facts if route == "auto"]
    wrong = sum(label != true for label, true in auto)
    certificates = Certificate.objects.filter(workflow=stand.workflow).order_by("valid_from")
    steps = ", then ".join(str(CertificateStatus(one.status).label) for one in certificates) or "none"
    scores = SourceScore.objects.filter(source=stand.source)
    unsaid = scores.exclude(unusable="").count()
    usable = [(one.proba or [], one.case) for one in scores.filter(unusable="").select_related("case")]
    right = sum(stand.source.labels[max(range(len(p)), key=p.__getitem__)] == truth[name_of(case.content)]
                for p, case in usable)  # fmt: skip
    began = [one for one in certificates if one.status in LIVE or one.status == CertificateStatus.SUPERSEDED]
    yield Row(f"{name}: cases without a decision", "cases", float(n - len(facts)), bar=0, note=f"of {n:,}")
    yield Row(
        f"{name}: certificates, from {TO_CALIBRATE} labels on",
        "number",
        float(len(began)),
        bar=1,
        more_is_better=True,
        note=f"{steps}, within {n:,} cases; a promise of {100 * stand.workflow.policy.target:g} %",
    )
    yield Row(
        f"{name}: decided by the model, of those after its calibrator",
        "%",
        100 * len(auto) / (n - TO_CALIBRATE),
        note=f"{wrong} of {len(auto)} wrong; a provisional certificate gives each a chance of 1 in 4",
    )
    yield Row(f"{name}: right as it came, at its likeliest label", "%", 100 * right / max(1, len(usable)))
    yield Row(
        f"{name}: sent to a person because there was no score", "cases", float(unsaid), note=_why(scores)
    )


def saved(stand: Stand, name: str, n: int) -> Iterator[Row]:
    """Say what a cascade asked about, and what that cost."""
    figures = figures_of(stand.source)
    asked, over_all = figures.cost or 0.0, figures.cost_per_case or 0.0
    yield Row(
        f"{name}: not asked about, of those after its calibrator",
        "%",
        100 * figures.spared / n,
        note=f"a case costs {asked:.6f} where it is asked about, {over_all:.6f} over all that came in",
    )


def _why(scores: Any) -> str:
    return ", ".join(sorted(set(scores.exclude(unusable="").values_list("unusable", flat=True))))
