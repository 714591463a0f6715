"""What a person looks at before they decide on automation, as a short mark that a form sends back."""

from cases.models import Workflow
from hitl.shared.canonical import canonical_json, sha256
from hitl.stop.selectors import stop_in_force
from models_store.selectors import champion
from policy.models import Policy
from policy.selectors import cutoffs_in_force

BY_THE_SERVICE = {
    "audit_rate",
    "audit_least",
    "blind_rate",
    "plans_frozen",
    "certificates_issued",
    "evidence_from",
}
"""What the service sets by itself, every few minutes: nobody's decision rests on it."""


def looked_at(policy: Policy) -> str:
    """Return the mark of what holds now.

    That is the policy's own terms, fields and labels, the champion, its cutoffs and their proof, and whether
    all automation is stopped.

    Much else raises the workflow's `policy_version` (how often is audited, who is told): a decision that a
    person has just made is not void by that.
    """
    release = champion(policy.workflow_id)
    cutoffs = cutoffs_in_force(release.pk) if release else None
    proof = cutoffs.certificate if cutoffs else None
    terms = {
        field.name: str(getattr(policy, field.attname))
        for field in policy._meta.concrete_fields
        if field.name not in BY_THE_SERVICE
    }
    rests_on = [str(one.pk) if one else "" for one in (release, cutoffs, proof, stop_in_force())]
    held = [proof.status, proof.refuted] if proof else []
    schema = Workflow.objects.values_list("schema_version", flat=True).get(pk=policy.workflow_id)
    return sha256(canonical_json([terms, rests_on, held, schema])).hex()[:16]
