"""Other terms for alarms that rose in vain, tried on what was read before anybody accepts them (ADR 0071)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from math import nan
from uuid import UUID

from monitoring.alarms.contract import CLEARS_AT, Contract
from monitoring.alarms.rules import RuleKey, contract_in_force, rules_in_force
from monitoring.alarms.selectors import key_of
from monitoring.models import Alarm, DriftReading
from monitoring.types import MetricKey, Reference, Verdict
from science.drift.backtest import Outcome, Read, Terms, better, outcome
from science.drift.findings import Persistence

IN_VAIN = 2  # alarms closed as noise, from which other terms are looked for
NEVER_HELPED = 5  # in vain and none real: it is proposed to watch it no longer


@dataclass(frozen=True, slots=True)
class Proposal:
    """Other terms for one alarm.

    Attributes:
        least_effect: smallest difference of interest; None: it is to raise no alarm any more.
        present, tried: what the terms in force, and the others, do on the windows read so far.
        n_windows: so many windows, since the first of them.
    """

    key: MetricKey
    reference: Reference
    contract: Contract
    least_effect: float | None
    present: Outcome
    tried: Outcome
    n_windows: int
    since: datetime

    def to_json(self) -> dict[str, object]:
        """What is kept of it when somebody accepts it."""
        return {
            "present": asdict(self.present),
            "tried": asdict(self.tried),
            "windows": self.n_windows,
            "since": self.since.isoformat(),
        }


def proposals(workflow_id: UUID) -> list[Proposal]:
    """Return other terms for the metrics whose alarms people closed as noise, where others do better."""
    rules = rules_in_force(workflow_id)
    verdicts: dict[RuleKey, list[Alarm]] = defaultdict(list)
    for alarm in Alarm.objects.filter(workflow_id=workflow_id).exclude(verdict="").order_by("id"):
        verdicts[key_of(alarm), Reference(alarm.reference)].append(alarm)
    found = []
    for (key, reference), alarms in sorted(verdicts.items()):
        contract = contract_in_force(rules, key, reference)
        in_vain = sum(alarm.verdict == Verdict.NOISE for alarm in alarms)
        if in_vain >= IN_VAIN and contract.is_watched:
            proposal = _proposal(workflow_id, contract, alarms, in_vain)
            found += [proposal] if proposal else []
    return found


def proposal_for(workflow_id: UUID, key: MetricKey, reference: Reference) -> Proposal | None:
    """Return what is proposed for one metric; None where nothing is."""
    return next((one for one in proposals(workflow_id) if (one.key, one.reference) == (key, reference)), None)


def _proposal(
    workflow_id: UUID, contract: Contract, alarms: Sequence[Alarm], in_vain: int
) -> Proposal | None:
    rows = DriftReading.objects.filter(
        workflow_id=workflow_id, reference=contract.reference, **contract.key._asdict()
    )
    readings = list(rows.order_by("ended_at"))
    if not readings:
        return None
    windows = [Read(row.value, _known(row.q_value), _known(row.threshold)) for row in readings]
    incidents = _incidents(readings, [alarm for alarm in alarms if alarm.verdict == Verdict.REAL])
    terms = Terms(contract.rate, contract.least_effect, contract.persistence or Persistence(1, 1), CLEARS_AT)
    present = outcome(windows, terms, incidents)
    least: float | None = None
    tried = Outcome(0, 0, 0, len(incidents))
    if incidents or in_vain < NEVER_HELPED:
        other = better(windows, terms, incidents)
        if other is None:
            return None
        least, tried = other[0].least_effect, other[1]
    return Proposal(
        contract.key,
        contract.reference,
        contract,
        least,
        present,
        tried,
        len(readings),
        readings[0].began_at,
    )


def _incidents(readings: Sequence[DriftReading], real: Sequence[Alarm]) -> list[tuple[int, int]]:
    """First and last window of what was really wrong: from when its alarm rose until it had passed."""
    found = []
    for alarm in real:
        until = alarm.cleared_at or alarm.closed_at or alarm.seen_at
        places = [
            place
            for place, row in enumerate(readings)
            if row.ended_at <= until and row.ended_at > alarm.raised_at - (row.ended_at - row.began_at)
        ]
        if places:
            found.append((places[0], places[-1]))
    return found


def _known(value: float | None) -> float:
    return nan if value is None else value
