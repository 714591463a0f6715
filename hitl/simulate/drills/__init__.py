"""Faults that are played, to see whether alarms rise: calm weeks, days with the fault, days without.

Everything but the cases, the people and the clock is the service's own: intake, training, the desk's
answers, counting, the check, the alarm and the events for a subscriber. The database must be empty, and is
thrown away.
"""

from hitl.simulate.drills.faults import FAULTS
from hitl.simulate.drills.play import play_fault

__all__ = ["FAULTS", "play_fault"]
