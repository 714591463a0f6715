from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "hitl.web"
    label = "web"
    verbose_name = "Pages"
