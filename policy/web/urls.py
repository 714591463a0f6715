"""Addresses of the pages of this app."""

from django.urls import path

from policy.web import views

_PAGE = "automation/<slug:slug>"

urlpatterns = [
    path("automation/", views.workflows, name="automation"),
    path(f"{_PAGE}/", views.automation, name="automation"),
    path(f"{_PAGE}/promise/change/", views.promise, name="promise"),
    path(f"{_PAGE}/degree/", views.change_degree, name="change-degree"),
    path(f"{_PAGE}/degree/settle/", views.settle_degree, name="settle-degree"),
    path(f"{_PAGE}/cutoffs/", views.set_cutoffs, name="set-cutoffs"),
    path(f"{_PAGE}/cutoffs/settle/", views.settle_cutoffs, name="settle-cutoffs"),
    path(f"{_PAGE}/cutoffs/certified/", views.use_certified, name="use-certified"),
    path(f"{_PAGE}/certify/", views.certify, name="certify"),
    path(f"{_PAGE}/breaker/trip/", views.trip_breaker, name="trip-breaker"),
    path(f"{_PAGE}/breaker/reset/", views.reset_breaker, name="reset-breaker"),
]
