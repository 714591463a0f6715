"""Addresses of the documentation."""

from django.urls import path

from hitl.docs import views

urlpatterns = [
    path("docs/", views.page, name="docs"),
    path("docs/search/", views.found, name="docs-search"),
    path("docs/<path:address>", views.page, name="docs-page"),
]
