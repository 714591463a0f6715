"""Addresses of the desk whose answer needs several apps."""

from django.urls import URLPattern, path

from hitl.flow.doors.pages import answering, review_batches

urlpatterns: list[URLPattern] = [
    path("review/answer/", answering.answer, name="desk-answer"),
    path("review/undo/", answering.undo, name="desk-undo"),
    path("review/batch/", review_batches.batches, name="batches"),
    path("review/batch/open/", review_batches.open_one, name="batch-open"),
    path("review/batch/<uuid:batch_id>/", review_batches.batch, name="batch"),
    path("review/batch/<uuid:batch_id>/answer/", review_batches.answer, name="batch-answer"),
    path("review/batch/<uuid:batch_id>/accept/", review_batches.accept, name="batch-accept"),
    path("review/batch/<uuid:batch_id>/leave/", review_batches.leave, name="batch-leave"),
    path("review/batch/<uuid:batch_id>/back/", review_batches.back, name="batch-back"),
    path(
        "review/batch/<uuid:batch_id>/evidence/<uuid:task_id>/",
        review_batches.evidence,
        name="batch-evidence",
    ),
]
