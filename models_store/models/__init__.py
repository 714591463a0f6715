"""Which model: releases, their roles, the runs that trained them and the labels they used."""

from models_store.models.evidence import PrecedentIndex, StoredExplanation
from models_store.models.releases import Evaluation, LabelRole, Release, RoleSpan
from models_store.models.shadow import ShadowProgress, ShadowScore
from models_store.models.sources import Source, SourceScore
from models_store.models.training import TrainingRun, TrainingSettings

__all__ = [
    "Evaluation",
    "LabelRole",
    "PrecedentIndex",
    "Release",
    "RoleSpan",
    "ShadowProgress",
    "ShadowScore",
    "Source",
    "SourceScore",
    "StoredExplanation",
    "TrainingRun",
    "TrainingSettings",
]
