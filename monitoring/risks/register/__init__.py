"""What could go wrong with a service in which models and people decide, in the order of its page.

A test holds every metric, figure, rule and page named here against what there is (ADR 0076). The texts are
English here; the page says them in its reader's language.
"""

from monitoring.risks.register import incoming, model, people, service
from monitoring.risks.risk import Risk

RISKS = (*incoming.RISKS, *model.RISKS, *people.RISKS, *service.RISKS)


def risk_of_drill(fault: str) -> Risk | None:
    """Return the risk that a drill plays."""
    return next((risk for risk in RISKS if risk.drill == fault), None)
