"""Addresses of the pages for those who run the service; the desk's, which are asked most, stand apart."""

from django.urls import URLPattern, path

from hitl.flow.doors.pages import (
    answering,
    apidocs,
    cases,
    imports,
    keys,
    known_answers,
    recalls,
    review_rules,
    setup,
    voiding,
    webhooks,
    workflows,
)

urlpatterns: list[URLPattern] = [
    path("workflows/", workflows.workflows, name="workflows"),
    path("workflows/new/", setup.new, name="workflow-new"),
    path("workflows/<slug:slug>/", workflows.workflow, name="workflow"),
    path("workflows/<slug:slug>/change/", setup.change, name="workflow-change"),
    path("workflows/<slug:slug>/review/", review_rules.review_rules, name="workflow-review"),
    path("workflows/<slug:slug>/archive/", workflows.archive, name="workflow-archive"),
    path("workflows/<slug:slug>/import/", imports.import_file, name="workflow-import"),
    path("workflows/<slug:slug>/imports/<uuid:import_id>/", imports.imported, name="workflow-imported"),
    path("workflows/<slug:slug>/imports/<uuid:import_id>/live/", imports.live, name="workflow-import-live"),
    path(
        "workflows/<slug:slug>/imports/<uuid:import_id>/answer/",
        imports.answer,
        name="workflow-import-answer",
    ),
    path("workflows/<slug:slug>/rescoring/", workflows.rescoring, name="workflow-rescoring"),
    path("workflows/<slug:slug>/recalls/", recalls.recalls, name="recalls"),
    path("workflows/<slug:slug>/recalls/new/", recalls.new, name="recall-new"),
    path("workflows/<slug:slug>/recalls/<uuid:recall_id>/", recalls.recall, name="recall"),
    path("workflows/<slug:slug>/recalls/<uuid:recall_id>/change/", recalls.change, name="recall-change"),
    path("workflows/<slug:slug>/export/", workflows.export, name="export"),
    path("cases/<uuid:case_id>/known-answer/", known_answers.known_answer, name="known-answer"),
    path("cases/", cases.cases, name="cases"),
    path("cases/<uuid:case_id>/", cases.case, name="case"),
    path("cases/<uuid:case_id>/amend/", answering.amend, name="amend"),
    path("review/lead/people/<int:person_id>/void/", voiding.void, name="void-answers"),
    path("keys/", keys.keys, name="keys"),
    path("keys/<uuid:key_id>/revoke/", keys.revoke, name="key-revoke"),
    path("webhooks/", webhooks.webhooks, name="webhooks"),
    path("webhooks/<uuid:endpoint_id>/", webhooks.webhook, name="webhook"),
    path("webhooks/<uuid:endpoint_id>/do/", webhooks.act, name="webhook-act"),
    path("api/docs/", apidocs.page, name="api-docs"),
]
