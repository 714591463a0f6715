"""Addresses of the overview."""

from django.urls import path

from monitoring.web import (
    alarms,
    canary,
    data,
    day,
    history,
    metrics,
    overview,
    replay,
    risks,
    rules,
    shadow,
    views,
)

urlpatterns = [
    path("overview/", overview.overview, name="overview"),
    path("overview/<slug:slug>/", views.workflow_overview, name="overview-workflow"),
    path("overview/<slug:slug>/live/", views.live, name="overview-live"),
    path("models/releases/<uuid:release_id>/shadow/", shadow.shadow, name="release-shadow"),
    path("models/releases/<uuid:release_id>/canary/", canary.canary_part, name="release-canary"),
    path("models/releases/<uuid:release_id>/role/", canary.change, name="release-change-role"),
    path("models/releases/<uuid:release_id>/move/", canary.move, name="release-move"),
    path("models/releases/<uuid:release_id>/changes/<uuid:change_id>/", canary.settle, name="release-change"),
    path("models/<slug:slug>/history/", history.history, name="models-history"),
    path("automation/<slug:slug>/replay/", replay.replays, name="replay"),
    path("automation/<slug:slug>/replay/<uuid:replay_id>/", replay.replay_run, name="replay-run"),
    path("automation/<slug:slug>/replay/<uuid:replay_id>/live/", replay.replay_live, name="replay-live"),
    path("automation/<slug:slug>/replay/<uuid:replay_id>/end/", replay.replay_end, name="replay-end"),
    path("monitoring/", alarms.monitoring, name="monitoring"),
    path("monitoring/<slug:slug>/", metrics.workflow_metrics, name="monitoring"),
    path("monitoring/<slug:slug>/data/", data.data, name="data-needed"),
    path("monitoring/<slug:slug>/data/study/", data.study, name="data-study"),
    path("monitoring/<slug:slug>/data/export/<slug:form>/", data.wanted_file, name="data-wanted"),
    path("monitoring/<slug:slug>/metric/", metrics.metric, name="metric"),
    path("monitoring/<slug:slug>/route/", rules.change_route, name="alarm-route"),
    path("monitoring/<slug:slug>/rule/", rules.change_rule, name="alarm-rule"),
    path("risks/", risks.register, name="risks"),
    path("risks/drill/", risks.drill, name="risk-drill"),
    path("monitoring/alarms/<uuid:alarm_id>/", alarms.alarm, name="alarm"),
    path("monitoring/alarms/<uuid:alarm_id>/answer/", alarms.answer, name="alarm-answer"),
    path("automation/<slug:slug>/day/", day.day, name="automation-day"),
]
