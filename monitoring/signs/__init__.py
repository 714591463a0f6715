"""Early signs: what speaks of trouble before audits can prove any.

    raised (open a sign, close it) -> open_now (which stand)

A sign never proves anything and never takes automation away. It raises the shares of audited and blind cases.
"""
