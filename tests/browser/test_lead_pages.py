"""The lead's pages in a real browser: accessible, fitting, in light and dark, wide and narrow."""

from datetime import timedelta
from typing import Any

from hitl.accounts.types import Role
from hitl.shared import clock
from reviews.models import Team
from tests.support.factories import NOW, person
from tests.support.quality_rows import team, waiting_tasks


def test_the_lead_reads_the_team_and_voids_answers(visit: Any) -> None:
    clock.use(lambda: NOW)
    workflow, people = team(count=30)
    waiting_tasks(workflow, count=3, at=NOW - timedelta(hours=2), due=NOW - timedelta(minutes=5))
    Team.objects.create(name="Lawyers", skills=["law"]).members.add(people["rita"])
    visitor = visit(person(Role.LEAD, Role.ADMINISTRATOR))
    hetty = people["hetty"].pk
    paths = {
        "lead-now": "/review/lead/",
        "lead-people": "/review/lead/people/",
        "lead-person": f"/review/lead/people/{hetty}/?workflow=mail",
        "lead-agreement": "/review/lead/agreement/",
        "lead-teams": "/review/lead/teams/",
        "review-rules": f"/workflows/{workflow.slug}/review/",
    }
    for name, path in paths.items():
        visitor.open(path)
        visitor.look(name)
    page = visitor.open(f"/review/lead/people/{hetty}/void/")
    page.get_by_label("Why they do not count").fill("Answered without reading")
    page.get_by_role("button", name="See what it touches").click()
    page.get_by_role("heading", name="This would touch").wait_for()
    visitor.look("lead-void")
    page.get_by_role("button", name="Void these answers").click()
    page.get_by_text("These answers are void").wait_for()
    assert page.get_by_text("under way").is_visible()
