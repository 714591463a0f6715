"""Addresses of the promise page."""

from django.urls import URLPattern, path

from monitoring.promise import views

urlpatterns: list[URLPattern] = [
    path("automation/<slug:slug>/promise/", views.promise_page, name="promise-page"),
    path("automation/<slug:slug>/next-step/", views.why_not_higher, name="automation-next-step"),
    path("automation/<slug:slug>/promise/check/", views.check_decisions, name="promise-check"),
    path(
        "automation/<slug:slug>/promise/budgets/<uuid:period_id>.json",
        views.budget_evidence,
        name="budget-evidence",
    ),
    path(
        "automation/<slug:slug>/promise/certificates/<uuid:certificate_id>.json",
        views.evidence,
        name="certificate-evidence",
    ),
]
