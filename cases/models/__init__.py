"""What happened: workflows, their schemas, cases, media and labels."""

from cases.models.cases import Case, Label
from cases.models.files import Asset, KeptFile, MediaUse
from cases.models.jobs import FileImport, IntakeBatch, Rescoring, Voiding
from cases.models.workflows import KeyGrant, SchemaVersion, Workflow, schema_of

__all__ = [
    "Asset",
    "Case",
    "FileImport",
    "IntakeBatch",
    "KeptFile",
    "KeyGrant",
    "Label",
    "MediaUse",
    "Rescoring",
    "SchemaVersion",
    "Voiding",
    "Workflow",
    "schema_of",
]
