"""Addresses of the desk. Answering and undoing cross apps: `hitl.flow.web_urls`."""

from django.urls import URLPattern, path

from reviews.web import desk, files

urlpatterns: list[URLPattern] = [
    path("review/", desk.desk, name="desk"),
    path("review/files/<slug:digest>/<str:name>", files.serve, name="desk-file"),
    path("review/next/", desk.next_case, name="desk-next"),
    path("review/waiting/", desk.waiting, name="desk-waiting"),
    path("review/renew/", desk.renew, name="desk-renew"),
    path("review/leave/", desk.leave, name="desk-leave"),
    path("review/give-back/", desk.give_back, name="desk-give-back"),
    path("review/skip/", desk.skip, name="desk-skip"),
    path("review/again/", desk.take_again, name="desk-again"),
    path("review/recent/", desk.recent, name="desk-recent"),
    path("review/evidence/<uuid:lease>/", desk.evidence, name="desk-evidence"),
]
