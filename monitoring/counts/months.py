"""The months that counts of hours are kept in."""

from hitl.shared.months import ByMonth

COUNTS = ByMonth("monitoring_hourcount")
