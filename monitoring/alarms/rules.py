"""Which terms hold for which metric: the usual ones, or those that somebody set."""

from uuid import UUID

from monitoring.alarms.contract import Contract, contract_of
from monitoring.models import AlarmRule
from monitoring.types import MetricKey, Reference

RuleKey = tuple[MetricKey, Reference]


def rules_in_force(workflow_id: UUID) -> dict[RuleKey, AlarmRule]:
    """Return the rules that somebody set, of the metrics that have one."""
    rows = AlarmRule.objects.filter(workflow_id=workflow_id, ended_at=None)
    return {(MetricKey(row.family, row.field, row.measure), Reference(row.reference)): row for row in rows}


def rule_history(workflow_id: UUID, key: MetricKey, reference: Reference) -> list[AlarmRule]:
    """Return the rules that were set for a metric, the one in force and past ones, newest first."""
    rows = AlarmRule.objects.filter(workflow_id=workflow_id, reference=reference, **key._asdict())
    return list(rows.order_by("-set_at", "-id"))


def contract_in_force(rules: dict[RuleKey, AlarmRule], key: MetricKey, reference: Reference) -> Contract:
    """Return the terms that hold for a metric."""
    rule = rules.get((key, reference))
    if rule is None:
        return contract_of(key, reference)
    return contract_of(key, reference, least_effect=rule.least_effect, is_watched=rule.is_watched)
