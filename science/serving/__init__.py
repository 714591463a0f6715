"""Scoring with a trained model: NumPy, Pillow and the standard library, no scikit-learn.

served = load_model(artifact)
served.predict_proba([{"body": "win a prize"}])
"""

from science.serving.errors import BadArtifact
from science.serving.served_model import ServedModel
from science.serving.source import Said, ScoredRow, ScoreSource, SourceModel, read_said
from science.serving.store import load_model, load_scorer, save_model

__all__ = [
    "BadArtifact",
    "Said",
    "ScoreSource",
    "ScoredRow",
    "ServedModel",
    "SourceModel",
    "load_model",
    "load_scorer",
    "read_said",
    "save_model",
]
