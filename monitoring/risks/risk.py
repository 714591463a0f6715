"""Something that could go wrong, and what notices it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Risk:
    """Something that could go wrong.

    Attributes:
        name: of the risk, in addresses and rows.
        area: the heading that it stands under.
        fault: what happens, in a sentence.
        family, measures: metrics of monitoring that notice it; of inputs, measures of fields' kinds.
        figure, rule: the figure of `/metrics` that notices it, and the rule for Prometheus over it.
        page: the page on which it is seen: a name of an address of one workflow, or of the service.
        threshold: from where on; empty where a metric's own terms say so.
        who: looks at it.
        then: what the service does by itself.
        drill: the fault of a drill that plays it; empty where none does.
    """

    name: str
    area: str
    fault: str
    who: str
    then: str
    family: str = ""
    measures: tuple[str, ...] = ()
    figure: str = ""
    rule: str = ""
    page: str = ""
    threshold: str = ""
    drill: str = ""

    @property
    def is_noticed(self) -> bool:
        """Whether anything would notice it."""
        return bool(self.measures or self.figure or self.page)
