"""Addresses of the pages of this app."""

from django.urls import URLPattern, path

from models_store.web import acts, views

urlpatterns: list[URLPattern] = [
    path("models/", views.models, name="models"),
    path("models/runs/<uuid:run_id>/", views.training_run, name="training-run"),
    path("models/runs/<uuid:run_id>/live/", views.live_run, name="training-run-live"),
    path("models/runs/<uuid:run_id>/cancel/", acts.cancel, name="cancel-training"),
    path("models/releases/<uuid:release_id>/", views.release, name="release"),
    path("models/releases/<uuid:release_id>/card.md", views.card, name="model-card"),
    path("models/releases/<uuid:release_id>/promote/", acts.promote, name="promote-release"),
    path("models/<slug:slug>/", views.models_of_workflow, name="models"),
    path("models/<slug:slug>/train/", acts.train, name="train-model"),
    path("models/<slug:slug>/plan/", acts.change_plan, name="training-plan"),
]
