"""Whether what comes in now is what came in before: counts in fixed bins, compared by exact tests.

    cells (what is counted) -> compare (one field, then and now) -> findings (many fields) -> since (when)
                 dispersion (how much clean days vary), needed (how large an effect must be) -> watch

Counts merge by addition, so that they are the same whatever the order and the sharding, and no check reads a
case again.
"""
