"""The shapes of bodies, for the reference and its tests: the views read and write JSON without them."""

from hitl.flow.doors.api.shapes import automation, base, budget, cases, recalls, sources, workflows

__all__ = ["automation", "base", "budget", "cases", "recalls", "sources", "workflows"]
