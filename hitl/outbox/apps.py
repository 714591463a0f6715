from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "hitl.outbox"
    label = "outbox"
    verbose_name = "Webhooks"
