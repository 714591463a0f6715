"""Alarms: what somebody should look at, from the moment it shows until somebody has said what it was.

    contract (what an alarm asks, and of whom) -> rules (what was set for a metric) -> found (raise and clear)
    -> answered (acknowledge, silence, close) -> selectors (which there are)
    proposals (other terms, tried on the past) -> set_rule (accept them)

An alarm of inputs or outputs raises audits, as an early sign, and holds a canary that began before it. It
proves nothing, and nothing is taken away by it.
"""
