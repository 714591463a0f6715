"""URLs of this app. The case list and the case page cross apps: see `hitl.flow.doors.pages.urls`."""

from django.urls import URLPattern, path

from cases.web.limits import limits_page
from cases.web.media import media

urlpatterns: list[URLPattern] = [
    path("cases/<uuid:case_id>/media/<str:sha256>/", media, name="media"),
    path("limits/", limits_page, name="limits"),
]
