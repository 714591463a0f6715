from django.apps import AppConfig


class StopConfig(AppConfig):
    name = "hitl.stop"
    label = "stop"
    verbose_name = "Stop everything"
