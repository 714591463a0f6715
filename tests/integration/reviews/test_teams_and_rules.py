"""Who reviews what: teams, skills and a workflow's rules, changed on pages and obeyed by the queue."""

import pytest
from django.test import Client

from hitl.accounts.types import Role
from hitl.audit.models import Entry
from hitl.shared.errors import Conflict, Invalid, NotAllowed
from reviews.models import PersonSkills, ReviewRules, Team
from reviews.services.queue import claim_next
from reviews.services.rules import change_rules
from reviews.services.teams import change_skills, remove_team, save_team
from tests.support.factories import NOW, TESTER, person
from tests.support.review_rows import review_workflow, waiting

pytestmark = pytest.mark.django_db


def browsing(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def lead():
    return person(Role.LEAD).as_actor()


def offered(user) -> bool:
    return claim_next(actor=user.as_actor(), workflow_ids=None, now=NOW) is not None


def test_only_the_team_that_a_workflow_names_is_offered_its_cases() -> None:
    workflow = review_workflow()
    waiting(workflow, 2)
    inside, outside = person(), person()
    save_team(name="Lawyers", skills=[], members=[inside.pk], actor=lead(), now=NOW)
    change_rules(workflow_id=workflow.pk, values={"team": "Lawyers"}, actor=TESTER, now=NOW)
    assert not offered(outside)
    assert offered(inside)


def test_a_workflow_that_wants_skills_is_for_people_with_all_of_them_their_own_or_their_teams() -> None:
    workflow = review_workflow()
    waiting(workflow, 2)
    change_rules(workflow_id=workflow.pk, values={"skills": ["french", "law"]}, actor=TESTER, now=NOW)
    half, both = person(), person()
    save_team(name="Lawyers", skills=["law"], members=[half.pk, both.pk], actor=lead(), now=NOW)
    change_skills(person_id=both.pk, skills=["french"], actor=lead(), now=NOW)
    assert not offered(half)
    assert offered(both)


def test_who_may_not_route_work_changes_nothing() -> None:
    reviewer = person()
    for act in (
        lambda: save_team(name="Mine", skills=[], members=[], actor=reviewer.as_actor(), now=NOW),
        lambda: change_skills(person_id=reviewer.pk, skills=["law"], actor=reviewer.as_actor(), now=NOW),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert not Team.objects.exists()
    assert not PersonSkills.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "Lawyers"}, "name"),
        ({"skills": ["x" * 51]}, "skills"),
        ({"members": [0]}, "members"),
    ],
)
def test_a_team_that_does_not_fit_is_refused_by_field(changes: dict, field: str) -> None:
    save_team(name="Lawyers", skills=[], members=[], actor=lead(), now=NOW)
    with pytest.raises(Invalid) as refused:
        save_team(**({"name": "New", "skills": [], "members": []} | changes), actor=lead(), now=NOW)
    assert [problem["field"] for problem in refused.value.facts["errors"]] == [field]
    assert Team.objects.count() == 1


def test_a_team_that_a_workflow_is_for_cannot_be_removed_until_it_is_not() -> None:
    workflow = review_workflow()
    team = save_team(name="Lawyers", skills=[], members=[], actor=lead(), now=NOW)
    change_rules(workflow_id=workflow.pk, values={"team": "Lawyers"}, actor=TESTER, now=NOW)
    with pytest.raises(Conflict):
        remove_team(team_id=team.pk, actor=lead(), now=NOW)
    change_rules(workflow_id=workflow.pk, values={"team": None}, actor=TESTER, now=NOW)
    remove_team(team_id=team.pk, actor=lead(), now=NOW)
    assert not Team.objects.exists()


def test_every_change_is_in_the_audit_log_and_none_where_nothing_changed() -> None:
    one = person()
    team = save_team(name="Lawyers", skills=["law"], members=[one.pk], actor=lead(), now=NOW)
    change_skills(person_id=one.pk, skills=["french"], actor=lead(), now=NOW)
    change_skills(person_id=one.pk, skills=["french"], actor=lead(), now=NOW)
    remove_team(team_id=team.pk, actor=lead(), now=NOW)
    actions = Entry.objects.order_by("number").values_list("action", flat=True)
    assert list(actions)[-3:] == ["team.saved", "skills.changed", "team.removed"]


def test_a_lead_makes_changes_and_removes_a_team_on_the_page() -> None:
    one = person(username="rita")
    client = browsing(person(Role.LEAD))
    page = "/review/lead/teams/"
    said = {"new-name": "Lawyers", "new-skills": "law, french ,", "new-members": [one.pk]}
    assert client.post(page, said).url == page
    team = Team.objects.get()
    assert (team.skills, list(team.members.all())) == (["law", "french"], [one])
    refused = client.post(page, said)
    assert refused.status_code == 422
    assert "This is taken. Choose another." in refused.content.decode()
    changed = {"team": team.pk, f"team{team.pk}-name": "Jurists", f"team{team.pk}-skills": ""}
    client.post(page, changed)
    team.refresh_from_db()
    assert (team.name, team.skills, team.members.count()) == ("Jurists", [], 0)
    client.post(f"/review/lead/people/{one.pk}/skills/", {f"person{one.pk}-skills": "french"})
    assert PersonSkills.objects.get(person=one).skills == ["french"]
    client.post(page, {"team": team.pk, "do": "remove"})
    assert not Team.objects.exists()


def test_an_auditor_reads_the_teams_and_changes_none() -> None:
    client = browsing(person(Role.AUDITOR))
    page = client.get("/review/lead/teams/")
    assert page.status_code == 200
    assert "Save the team" not in page.content.decode()
    assert client.post("/review/lead/teams/", {"new-name": "Mine", "new-skills": ""}).status_code == 403
    assert not Team.objects.exists()
    assert browsing(person()).get("/review/lead/teams/").status_code == 403


def test_an_administrator_sets_every_rule_on_the_page_and_finds_it_there_again() -> None:
    workflow = review_workflow()
    save_team(name="Lawyers", skills=[], members=[], actor=lead(), now=NOW)
    client = browsing(person(Role.ADMINISTRATOR))
    address = f"/workflows/{workflow.slug}/review/"
    said = {
        "reviews_required": "2",
        "due_hours": "4.5",
        "sla_action": "default",
        "default_label": "unsure",
        "order": "age",
        "value_hours": "12",
        "team": "Lawyers",
        "skills": "law, french",
        "lease_seconds": "120",
        "hold_cap": "3",
        "hold_max_hours": "8",
        "on_demand": "on",
        "decide_first_share": "7.5",
        "second_read_share": "10",
        "known_answer_rate": "2",
        "reason_codes": "spam | fraud | Wants money | required\n\nham | news | A newsletter",
        "ready_notes": " Sent twice. \n\nAsked the sender.\nSent twice.\n",
        "skip_conflict": "me",
        "skip_unsure": "drop",
        **{f"skip_{reason}": "me" for reason in ("knowledge", "display", "later")},
    }
    assert client.post(address, said).url == f"/workflows/{workflow.slug}/"
    rules = ReviewRules.objects.get()
    assert (rules.reviews_required, rules.due_hours, rules.decide_first_share) == (2, 4.5, 0.075)
    assert (rules.team.name, rules.skills, rules.on_demand) == ("Lawyers", ["law", "french"], True)
    assert rules.skip_rules == {"conflict": "me", "unsure": "drop"}
    assert rules.ready_notes == ["Sent twice.", "Asked the sender."]
    assert rules.reason_codes == {
        "spam": [{"code": "fraud", "words": "Wants money", "required": True}],
        "ham": [{"code": "news", "words": "A newsletter", "required": False}],
    }
    page = client.get(address).content.decode()
    assert "spam | fraud | Wants money | required" in page
    assert 'value="7.5"' in page
    again = {**said, "reason_codes": "spam | fraud\n", "sla_action": "none"}
    assert "Line 1 is not: label | code | words | required." in client.post(address, again).content.decode()
    wrong = client.post(address, {**said, "reason_codes": "nosuch | a | b", "default_label": ""})
    assert wrong.status_code == 422
    assert "is no label of this workflow" in wrong.content.decode()
    assert ReviewRules.objects.get().order_version == rules.order_version


def test_nobody_else_changes_the_rules() -> None:
    workflow = review_workflow()
    for role, status in ((Role.LEAD, 403), (Role.OPERATOR, 403), (Role.REVIEWER, 404)):
        assert browsing(person(role)).get(f"/workflows/{workflow.slug}/review/").status_code == status
