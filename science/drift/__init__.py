"""Whether what comes in now is what came in before: counts in fixed bins, compared by exact tests.

    cells (what is counted) -> compare (one field, then and now) -> findings (many fields) -> since (when)

Counts merge by addition, so that they are the same whatever the order and the sharding, and no check reads a
case again.
"""
