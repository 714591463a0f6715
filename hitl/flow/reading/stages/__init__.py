"""A workflow's life on one page: what was wanted, data, model, deployment, monitoring, and the next step."""

from hitl.flow.reading.stages.page import Stages, stages_of

__all__ = ["Stages", "stages_of"]
