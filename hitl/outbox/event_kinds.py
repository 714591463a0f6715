"""The kinds of events that endpoints may ask for; `docs/reference/events.md` says what each holds."""

EVENT_KINDS = (
    "case.submitted",
    "case.decided",
    "case.withdrawn",
    "decision.amended",
    "decision.voided",
    "decision.recalled",
    "recall.closed",
    "release.promoted",
    "release.rolled_back",
    "canary.started",
    "canary.widened",
    "canary.held",
    "canary.resumed",
    "training.finished",
    "cutoffs.changed",
    "degree.changed",
    "automation.stopped",
    "automation.started",
    "breaker.tripped",
    "breaker.reset",
    "promise.broken",
    "audit.checkpoint",
    "budget.period_closed",
    "budget.overspending",
    "alarm.raised",
    "alarm.cleared",
)

TEST_KIND = "endpoint.test"  # sent on request to one endpoint, whatever kinds it asked for
