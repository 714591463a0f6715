"""Training: from labelled rows and a schema to a model, nothing to configure."""

from science.pipelines.errors import NotTrainable
from science.pipelines.train import TrainedModel, train

__all__ = ["NotTrainable", "TrainedModel", "train"]
