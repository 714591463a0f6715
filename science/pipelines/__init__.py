"""Training: from labelled rows and a schema to a model, nothing to configure."""

from science.pipelines.calibrate import CalibratedSource, calibrate
from science.pipelines.cascade import CascadedModel, cascade
from science.pipelines.errors import NotTrainable
from science.pipelines.train import TrainedModel, train

Made = TrainedModel | CalibratedSource | CascadedModel
"""What a run may register."""

__all__ = [
    "CalibratedSource",
    "CascadedModel",
    "Made",
    "NotTrainable",
    "TrainedModel",
    "calibrate",
    "cascade",
    "train",
]
