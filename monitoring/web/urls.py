"""Addresses of the overview."""

from django.urls import path

from monitoring.web import day, views

urlpatterns = [
    path("overview/", views.overview, name="overview"),
    path("overview/<slug:slug>/live/", views.live, name="overview-live"),
    path("automation/<slug:slug>/day/", day.day, name="automation-day"),
]
