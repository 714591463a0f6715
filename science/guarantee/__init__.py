"""The statistics behind a promise: what may be automated, how it is proved, how it is watched.

Read in this order: `promise` (the door), `certify` (a fixed sample), `sequential` (peek whenever you like),
`monitor` (is it still true), `planning` (how many labels would it take); then `clustered` (copies and
regulars), `elond` (release after release) and `handover` (from champion to challenger). The rest are their
parts. What was delivered has modules of its own: `budget`, then `budget_verdict`, `budget_plan`,
`budget_course`.

Every module states its assumptions. The one they share: future traffic is exchangeable with the sample, and a
label was collected with a known probability `pi` that did not depend on the outcome. The error budget
needs only the second.
"""
