"""Addresses of the pages of this app."""

from django.urls import URLPattern, path

from models_store.web import actions, sources, views

urlpatterns: list[URLPattern] = [
    path("models/", views.models, name="models"),
    path("models/runs/<uuid:run_id>/", views.training_run, name="training-run"),
    path("models/runs/<uuid:run_id>/live/", views.live_run, name="training-run-live"),
    path("models/runs/<uuid:run_id>/cancel/", actions.cancel, name="cancel-training"),
    path("models/releases/<uuid:release_id>/", views.release, name="release"),
    path("models/releases/<uuid:release_id>/card.md", views.card, name="model-card"),
    path("models/releases/<uuid:release_id>/retire/", actions.retire, name="retire-release"),
    path("models/sources/<uuid:source_id>/", sources.source, name="source"),
    path("models/sources/<uuid:source_id>/confirm/", sources.confirm, name="confirm-source"),
    path("models/sources/<uuid:source_id>/fit/", sources.fit, name="fit-source"),
    path("models/sources/<uuid:source_id>/retire/", sources.retire, name="retire-source"),
    path("models/<slug:slug>/", views.models_of_workflow, name="models"),
    path("models/<slug:slug>/sources/", sources.sources, name="sources"),
    path("models/<slug:slug>/train/", actions.train, name="train-model"),
    path("models/<slug:slug>/training-settings/", actions.change_settings, name="training-settings"),
]
