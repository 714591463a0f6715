"""Addresses of the overview."""

from django.urls import path

from monitoring.web import day, replay, shadow, views

urlpatterns = [
    path("overview/", views.overview, name="overview"),
    path("overview/<slug:slug>/live/", views.live, name="overview-live"),
    path("models/releases/<uuid:release_id>/shadow/", shadow.shadow, name="release-shadow"),
    path("automation/<slug:slug>/replay/", replay.replay_page, name="replay"),
    path("automation/<slug:slug>/day/", day.day, name="automation-day"),
]
