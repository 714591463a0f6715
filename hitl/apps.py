from django.apps import AppConfig


class HitlConfig(AppConfig):
    name = "hitl"

    def ready(self) -> None:
        """Make the Celery application known, so that jobs can be rung for by name from every process."""
        from hitl import celery  # noqa: F401 - loading it is the point
