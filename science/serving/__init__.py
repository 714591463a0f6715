"""Scoring with a trained model: NumPy, Pillow and the standard library, no scikit-learn.

plan = load_plan(artifact)
plan.predict_proba([{"body": "win a prize"}])
"""

from science.serving.errors import BadArtifact
from science.serving.plan import Plan
from science.serving.store import load_plan, save_plan

__all__ = ["BadArtifact", "Plan", "load_plan", "save_plan"]
