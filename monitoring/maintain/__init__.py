"""What a model lacks: where it errs, where people label alike cases differently, what to ask next.

    asked (somebody wants to know) -> run (a worker reads and computes) -> evidence (what is read)
    -> errors, consistency, wanted (what is found) -> shown by `monitoring.web.data`

It proves nothing: it says where to look, and which labels are worth the most (ADR 0075).
"""
