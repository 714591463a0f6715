from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class StopConfig(AppConfig):
    name = "hitl.stop"
    label = "stop"
    verbose_name = gettext_lazy("Stop everything")
