"""Scoring with a trained model: NumPy, Pillow and the standard library, no scikit-learn.

served = load_model(artifact)
served.predict_proba([{"body": "win a prize"}])
"""

from science.serving.cascade import Cascade, own_model, source_model
from science.serving.errors import BadArtifact
from science.serving.served_model import ServedModel
from science.serving.source import ScoredRow, ScoreSource, SourceAnswer, SourceModel, read_source_answer
from science.serving.store import Scorer, load_model, load_scorer, save_model

__all__ = [
    "BadArtifact",
    "Cascade",
    "ScoreSource",
    "ScoredRow",
    "Scorer",
    "ServedModel",
    "SourceAnswer",
    "SourceModel",
    "load_model",
    "load_scorer",
    "own_model",
    "read_source_answer",
    "save_model",
    "source_model",
]
