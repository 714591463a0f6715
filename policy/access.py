"""Who may change how much is automated; whoever watches over the service may see it."""

from hitl.accounts.automation import LOWERERS, RAISERS, require_lowerer, require_raiser

__all__ = ["LOWERERS", "RAISERS", "require_lowerer", "require_raiser"]
