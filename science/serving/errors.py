"""What can be wrong with a file that should hold a model."""


class BadArtifact(ValueError):
    """This file is not a model artifact, or it is damaged. Register the model again from its training run."""
