"""The watch: reads live evidence and acts on it: audits more, steps down, stops, proves again (ADR 0034).

    line up (trial, watch, handovers) -> take in (labels, in decision order)
        -> heed (certify, audit more, stop, let a challenger take over)

`run.watch` tells it in that order. Everything is found in rows and may be run again at any time: a run that
is lost costs half a minute. Locks are short: the arithmetic runs under the trial's or the watch's own row,
and the policy is locked only to change it.
"""

from monitoring.watch.run import watch

__all__ = ["watch"]
