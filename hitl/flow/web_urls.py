"""Addresses of doors whose answer crosses apps."""

from django.urls import URLPattern, path

from hitl.flow import case_pages, web
from hitl.flow.pages import voiding

urlpatterns: list[URLPattern] = [
    path("cases/", case_pages.cases, name="cases"),
    path("cases/<uuid:case_id>/", case_pages.case, name="case"),
    path("cases/<uuid:case_id>/amend/", web.amend, name="amend"),
    path("review/answer/", web.answer, name="desk-answer"),
    path("review/undo/", web.undo, name="desk-undo"),
    path("review/lead/people/<int:person_id>/void/", voiding.void, name="void-answers"),
]
