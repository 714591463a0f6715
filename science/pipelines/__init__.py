"""Training: from labelled rows and a schema to a model, nothing to configure."""

from science.pipelines.calibrate import CalibratedSource, calibrate
from science.pipelines.errors import NotTrainable
from science.pipelines.train import TrainedModel, train

__all__ = ["CalibratedSource", "NotTrainable", "TrainedModel", "calibrate", "train"]
