from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "hitl.audit"
    label = "audit"
    verbose_name = "Audit log"
