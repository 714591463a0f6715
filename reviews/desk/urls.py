"""URLs of the desk. Answering and undoing cross apps: `hitl.flow.doors.pages.desk_urls`."""

from django.urls import URLPattern, path

from reviews.desk import files, on_hold, preferences, queue, suggestion

urlpatterns: list[URLPattern] = [
    path("review/", queue.desk, name="desk"),
    path("review/files/<slug:digest>/<str:name>", files.serve, name="desk-file"),
    path("review/settings/", preferences.preferences, name="desk-preferences"),
    path("review/next/", queue.next_case, name="desk-next"),
    path("review/ahead/", queue.ahead, name="desk-ahead"),
    path("review/waiting/", queue.waiting, name="desk-waiting"),
    path("review/counts/", queue.counts, name="desk-counts"),
    path("review/renew/", queue.renew, name="desk-renew"),
    path("review/leave/", queue.leave, name="desk-leave"),
    path("review/give-back/", queue.give_back, name="desk-give-back"),
    path("review/skip/", queue.skip, name="desk-skip"),
    path("review/again/", queue.take_again, name="desk-again"),
    path("review/hold/", on_hold.hold, name="desk-hold"),
    path("review/held/", on_hold.held, name="desk-held"),
    path("review/resume/", on_hold.resume, name="desk-resume"),
    path("review/escalate/", on_hold.escalate, name="desk-escalate"),
    path("review/first/", suggestion.first, name="desk-first"),
    path("review/suggestion/", suggestion.suggestion, name="desk-suggestion"),
    path("review/recent/", suggestion.recent, name="desk-recent"),
    path("review/evidence/<uuid:lease>/", suggestion.evidence, name="desk-evidence"),
]
