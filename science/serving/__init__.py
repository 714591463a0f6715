"""Scoring with a trained model: NumPy, Pillow and the standard library, no scikit-learn.

served = load_model(artifact)
served.predict_proba([{"body": "win a prize"}])
"""

from science.serving.errors import BadArtifact
from science.serving.served_model import ServedModel
from science.serving.store import load_model, save_model

__all__ = ["BadArtifact", "ServedModel", "load_model", "save_model"]
