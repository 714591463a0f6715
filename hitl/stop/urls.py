"""Addresses of the stop."""

from django.urls import path

from hitl.stop import views

urlpatterns = [
    path("stop/", views.stop, name="stop"),
    path("stop/start/", views.start, name="start"),
]
