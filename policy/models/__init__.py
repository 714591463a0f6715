"""What may be automated: policy, certificates, cutoff sets and decisions."""

from policy.models.canaries import Bake, Canary, CanarySettings, ReleaseChange
from policy.models.certificates import Certificate, CutoffSet
from policy.models.decisions import Decision, KnownAnswer
from policy.models.plans import Plan
from policy.models.policies import DegreeChange, Policy
from policy.models.recalls import Recall, RecalledCase
from policy.models.trials import DisagreementDraw, HandoverTrial, Trial
from policy.models.watches import Reading, Watch

__all__ = [
    "Bake",
    "Canary",
    "CanarySettings",
    "Certificate",
    "CutoffSet",
    "Decision",
    "DegreeChange",
    "DisagreementDraw",
    "HandoverTrial",
    "KnownAnswer",
    "Plan",
    "Policy",
    "Reading",
    "Recall",
    "RecalledCase",
    "ReleaseChange",
    "Trial",
    "Watch",
]
