"""Who reviews together, and what each can do: teams, and the skills of single people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from hitl.accounts.models import User
from hitl.accounts.types import SUPERVISING
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from hitl.shared.words import Words
from reviews.models import PersonSkills, ReviewRules, Team

MAY_ASSIGN = SUPERVISING
MAX_SKILL = 50
MAX_SKILLS = 50


@transaction.atomic
def save_team(
    *,
    name: str,
    skills: Sequence[str],
    members: Sequence[int],
    actor: Actor,
    now: datetime,
    team_id: int | None = None,
) -> Team:
    """Make a team, or change one: its name, its skills, and who is in it.

    Raises:
        NotAllowed: the actor may not assign work.
        NotFound: there is no such team.
        Invalid: the name is empty, too long or taken; a skill does not fit; a member does not exist.
    """
    _check(actor)
    name = name.strip()
    team = Team.objects.select_for_update(no_key=True).filter(pk=team_id).first() if team_id else Team()
    if team is None:
        raise NotFound("There is no such team.")
    problems = _skill_problems(skills)
    if not 0 < len(name) <= 100:
        problems.append(Problem(field="name", error="is empty or too long", fix="Use 1 to 100 characters."))
    elif Team.objects.filter(name=name).exclude(pk=team.pk).exists():
        problems.append(Problem(field="name", error="is taken", fix="Choose another."))
    people = list(User.objects.filter(pk__in=members))
    if len(people) != len(set(members)):
        problems.append(
            Problem(field="members", error="holds somebody who does not exist", fix="Choose from the list.")
        )
    if problems:
        raise Invalid(problems)
    before = _body(team) if team.pk else None
    team.name, team.skills = name, list(dict.fromkeys(skills))
    team.save()
    team.members.set(people)
    detail = {"before": before, "after": _body(team)}
    record(action="team.saved", actor=actor, now=now, about=team, detail=detail)
    return team


@transaction.atomic
def remove_team(*, team_id: int, actor: Actor, now: datetime) -> None:
    """Take a team away.

    Raises:
        NotAllowed: the actor may not assign work.
        NotFound: there is no such team.
        Conflict: a workflow is for this team alone.
    """
    _check(actor)
    team = Team.objects.select_for_update(no_key=True).filter(pk=team_id).first()
    if team is None:
        raise NotFound("There is no such team.")
    rules = ReviewRules.objects.filter(team=team).select_related("workflow").first()
    if rules is not None:
        raise Conflict(
            Words(
                "%(workflow)s is for this team alone. Change its review rules first.",
                workflow=rules.workflow.name,
            )
        )
    record(action="team.removed", actor=actor, now=now, about=team, detail=_body(team))
    team.delete()


@transaction.atomic
def change_skills(*, person_id: int, skills: Sequence[str], actor: Actor, now: datetime) -> None:
    """Say what a person can do, besides the skills of their teams.

    Raises:
        NotAllowed: the actor may not assign work.
        NotFound: there is no such person.
        Invalid: a skill does not fit.
    """
    _check(actor)
    person = User.objects.filter(pk=person_id).first()
    if person is None:
        raise NotFound("There is no such person.")
    if problems := _skill_problems(skills):
        raise Invalid(problems)
    own = list(dict.fromkeys(skills))
    there = PersonSkills.objects.select_for_update(no_key=True).filter(person=person).first()
    before = there.skills if there else []
    if own == before:
        return
    PersonSkills.objects.update_or_create(person=person, defaults={"skills": own})
    record(
        action="skills.changed", actor=actor, now=now, about=person, detail={"before": before, "after": own}
    )


def _check(actor: Actor) -> None:
    if not actor.has(*MAY_ASSIGN):
        raise NotAllowed("Leads, operators and administrators say who reviews what.")


def _body(team: Team) -> dict[str, Any]:
    members = list(team.members.order_by("username").values_list("username", flat=True))
    return {"name": team.name, "skills": team.skills, "members": members}


def _skill_problems(skills: Sequence[str]) -> list[Problem]:
    fits = len(skills) <= MAX_SKILLS and all(0 < len(skill) <= MAX_SKILL for skill in skills)
    fix = Words("Name at most %(most)s, each in %(longest)s characters.", most=MAX_SKILLS, longest=MAX_SKILL)
    return [] if fits else [Problem(field="skills", error="do not fit", fix=fix)]
