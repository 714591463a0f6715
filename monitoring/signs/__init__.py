"""Early signs: what speaks of trouble before audits can prove any.

    raised (open a sign, close it) -> open_now (which stand, and what may follow)

A sign never proves anything and never takes automation away. It may raise the shares of audited and blind
cases, ask for retraining, and hold a canary where it is; `MAY` says which sign may do what.
"""
