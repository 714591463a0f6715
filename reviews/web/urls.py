"""Addresses of the desk. Answering and undoing cross apps: `hitl.flow.doors.pages.desk_urls`."""

from django.urls import URLPattern, path

from reviews.web import aside, desk, files, preferences, shown

urlpatterns: list[URLPattern] = [
    path("review/", desk.desk, name="desk"),
    path("review/files/<slug:digest>/<str:name>", files.serve, name="desk-file"),
    path("review/settings/", preferences.preferences, name="desk-preferences"),
    path("review/next/", desk.next_case, name="desk-next"),
    path("review/ahead/", desk.ahead, name="desk-ahead"),
    path("review/waiting/", desk.waiting, name="desk-waiting"),
    path("review/renew/", desk.renew, name="desk-renew"),
    path("review/leave/", desk.leave, name="desk-leave"),
    path("review/give-back/", desk.give_back, name="desk-give-back"),
    path("review/skip/", desk.skip, name="desk-skip"),
    path("review/again/", desk.take_again, name="desk-again"),
    path("review/hold/", aside.hold, name="desk-hold"),
    path("review/held/", aside.held, name="desk-held"),
    path("review/resume/", aside.resume, name="desk-resume"),
    path("review/escalate/", aside.escalate, name="desk-escalate"),
    path("review/first/", shown.first, name="desk-first"),
    path("review/suggestion/", shown.suggestion, name="desk-suggestion"),
    path("review/recent/", shown.recent, name="desk-recent"),
    path("review/evidence/<uuid:lease>/", shown.evidence, name="desk-evidence"),
]
