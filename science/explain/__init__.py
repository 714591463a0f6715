"""Evidence for people: what in a case made the model say what it says (ADR 0022).

explanation = explain(served, {"body": "win a prize"})
verify(explanation, {"body": "win a prize"})
explanation.to_json()
"""

from science.explain.explain import explain
from science.explain.explainer import Explainer, Unsupported, explainer_for
from science.explain.precedents import Precedents, index_precedents, load_precedents
from science.explain.selfcheck import self_check
from science.explain.types import Explanation, Highlight, NotInContent, content_sha256, verify

__all__ = [
    "Explainer",
    "Explanation",
    "Highlight",
    "NotInContent",
    "Precedents",
    "Unsupported",
    "content_sha256",
    "explain",
    "explainer_for",
    "index_precedents",
    "load_precedents",
    "self_check",
    "verify",
]
