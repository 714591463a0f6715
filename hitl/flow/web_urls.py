"""Addresses of doors whose answer crosses apps."""

from django.urls import URLPattern, path

from hitl.flow import case_pages, web, web_batches
from hitl.flow.pages import voiding

urlpatterns: list[URLPattern] = [
    path("cases/", case_pages.cases, name="cases"),
    path("cases/<uuid:case_id>/", case_pages.case, name="case"),
    path("cases/<uuid:case_id>/amend/", web.amend, name="amend"),
    path("review/answer/", web.answer, name="desk-answer"),
    path("review/undo/", web.undo, name="desk-undo"),
    path("review/batch/", web_batches.batches, name="batches"),
    path("review/batch/open/", web_batches.open_one, name="batch-open"),
    path("review/batch/<uuid:batch_id>/", web_batches.batch, name="batch"),
    path("review/batch/<uuid:batch_id>/answer/", web_batches.answer, name="batch-answer"),
    path("review/batch/<uuid:batch_id>/accept/", web_batches.accept, name="batch-accept"),
    path("review/batch/<uuid:batch_id>/leave/", web_batches.leave, name="batch-leave"),
    path("review/batch/<uuid:batch_id>/back/", web_batches.back, name="batch-back"),
    path(
        "review/batch/<uuid:batch_id>/evidence/<uuid:task_id>/", web_batches.evidence, name="batch-evidence"
    ),
    path("review/lead/people/<int:person_id>/void/", voiding.void, name="void-answers"),
]
