"""URLs of the Team pages. Voiding answers crosses apps: `hitl.flow.doors.pages.desk_urls`."""

from django.urls import URLPattern, path

from reviews.lead import teams, views

urlpatterns: list[URLPattern] = [
    path("review/lead/", views.now, name="lead"),
    path("review/lead/people/", views.everybody, name="lead-people"),
    path("review/lead/people/<int:person_id>/", views.one, name="lead-person"),
    path("review/lead/agreement/", views.agreement, name="lead-agreement"),
    path("review/lead/highlights/", views.highlights, name="lead-highlights"),
    path("review/lead/teams/", teams.teams, name="lead-teams"),
    path("review/lead/people/<int:person_id>/skills/", teams.skills, name="lead-skills"),
    path("profile/answers/", views.own, name="own-answers"),
]
