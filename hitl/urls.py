"""Every address of the service; each app names its own."""

from django.contrib import admin
from django.urls import include, path

handler500 = "hitl.web.middleware.server_error"

urlpatterns = [
    path("api/v1/", include("hitl.flow.doors.api.urls")),
    path("", include("reviews.desk.urls")),  # the desk asks most often
    path("", include("hitl.flow.doors.pages.desk_urls")),
    path("", include("hitl.health")),
    path("", include("monitoring.metrics")),
    path("admin/", admin.site.urls),
    path("", include("hitl.web.urls")),
    path("", include("hitl.stop.urls")),
    path("", include("hitl.docs.urls")),
    path("", include("cases.web.urls")),
    path("", include("models_store.web.urls")),
    path("", include("policy.web.urls")),
    path("", include("reviews.lead.urls")),
    path("", include("monitoring.promise.urls")),
    path("", include("monitoring.web.urls")),
    path("", include("hitl.flow.doors.pages.urls")),
]
