"""What can be wrong with models, runs and their files; each docstring is the message."""

from hitl.shared.errors import Conflict, HitlError


class ArtifactRefused(HitlError):
    """This model's file is missing, damaged or not ours. Train again, or promote another model."""

    code, status = "artifact_refused", 409


class ArtifactNotStored(HitlError):
    """The model's file could not be written. Make room in the artifact store, then train again."""

    code, status = "artifact_not_stored", 507


class RunActive(Conflict):
    """A training run of this workflow is queued or running. Wait for it, or cancel it."""

    code = "run_active"


class RunIsOver(Conflict):
    """This training run is over, or another worker has it."""

    code = "run_is_over"


class SchemaChanged(HitlError):
    """This model was trained for other fields or labels than the workflow has now. Train a new one."""

    code, status = "schema_changed", 409


class RoleRefused(Conflict):
    """A release cannot go from its present role to this one."""

    code = "role_refused"


class RoleMoved(Conflict):
    """This release has another role by now. Look at it again."""

    code = "role_moved"


class SourceTaken(Conflict):
    """This version of the model is registered already. Retire it first, or register the next version."""

    code = "source_taken"


class LabelMapRefused(HitlError):
    """Another label map fits the known answers clearly better than this one."""

    code, status = "label_map_refused", 422
