"""Addresses of doors whose answer crosses apps."""

from django.urls import URLPattern, path

from hitl.flow import case_pages, web

urlpatterns: list[URLPattern] = [
    path("cases/", case_pages.cases, name="cases"),
    path("cases/<uuid:case_id>/", case_pages.case, name="case"),
    path("cases/<uuid:case_id>/amend/", web.amend, name="amend"),
    path("review/answer/", web.answer, name="desk-answer"),
    path("review/undo/", web.undo, name="desk-undo"),
]
