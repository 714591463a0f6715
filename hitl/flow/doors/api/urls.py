"""Addresses of the API."""

from django.urls import URLPattern, path, re_path

from hitl.api.views import no_such_address
from hitl.flow.doors.api.batches import BatchView
from hitl.flow.doors.api.budget import BudgetEvidenceView, BudgetsView
from hitl.flow.doors.api.canary import CanaryView, HoldCanaryView, RollBackCanaryView
from hitl.flow.doors.api.cases import CaseView, DecisionsView, WithdrawView
from hitl.flow.doors.api.exports import ExportView
from hitl.flow.doors.api.intake import CasesView
from hitl.flow.doors.api.ladder import NextDegreeView
from hitl.flow.doors.api.media import MediaView
from hitl.flow.doors.api.recalls import RecallsView, RecallView
from hitl.flow.doors.api.reference import openapi
from hitl.flow.doors.api.sources import SourcesView
from hitl.flow.doors.api.stop import StopView, WorkflowStopView
from hitl.flow.doors.api.workflows import WorkflowsView, WorkflowView

urlpatterns: list[URLPattern] = [
    path("workflows/<str:slug>/cases", CasesView.as_view()),
    path("workflows/<str:slug>/export", ExportView.as_view()),
    path("workflows/<str:slug>/recalls", RecallsView.as_view()),
    path("workflows/<str:slug>/recalls/<uuid:recall_id>", RecallView.as_view()),
    path("workflows/<str:slug>/sources", SourcesView.as_view()),
    path("workflows/<str:slug>/next-degree", NextDegreeView.as_view()),
    path("workflows/<str:slug>/stop", WorkflowStopView.as_view()),
    path("workflows/<str:slug>/canary", CanaryView.as_view()),
    path("workflows/<str:slug>/canary/hold", HoldCanaryView.as_view()),
    path("workflows/<str:slug>/canary/rollback", RollBackCanaryView.as_view()),
    path("stop", StopView.as_view()),
    path("workflows/<str:slug>/budget", BudgetsView.as_view()),
    path("workflows/<str:slug>/budget/<uuid:period_id>", BudgetEvidenceView.as_view()),
    path("cases/<uuid:case_id>", CaseView.as_view()),
    path("cases/<uuid:case_id>/decisions", DecisionsView.as_view()),
    path("cases/<uuid:case_id>/withdraw", WithdrawView.as_view()),
    path("batches/<uuid:batch_id>", BatchView.as_view()),
    path("workflows/<str:slug>/media", MediaView.as_view()),
    path("workflows", WorkflowsView.as_view()),
    path("workflows/<str:slug>", WorkflowView.as_view()),
    path("openapi.json", openapi),
    re_path("", no_such_address),
]
