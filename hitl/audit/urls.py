"""Address of the audit log."""

from django.urls import path

from hitl.audit import views

urlpatterns = [path("audit/", views.entries, name="audit")]
