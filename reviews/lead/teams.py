"""The page of teams and skills: who is offered the cases of which workflows."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from hitl.accounts.models import User
from hitl.accounts.types import REVIEWING
from hitl.shared import clock
from hitl.shared.errors import HitlError, beside_its_field, in_words
from hitl.shared.given import whole_number
from hitl.shared.words import shown
from hitl.web.views import person
from reviews.lead.guards import Asked, reader
from reviews.models import PersonSkills, ReviewRules, Team
from reviews.services.teams import MAY_ASSIGN, change_skills, remove_team, save_team


class SkillsField(forms.CharField):
    """Names with commas between them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, help_text=gettext_lazy("A comma between them."), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show a list as it is typed."""
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        """Read the names."""
        return [skill.strip() for skill in super().clean(value).split(",") if skill.strip()]


class TeamForm(forms.Form):
    """A team: its name, skills and members."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    skills = SkillsField(label=gettext_lazy("Skills"))
    members = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label=gettext_lazy("Members"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["members"].queryset = reviewing()  # type: ignore[attr-defined]


class SkillsForm(forms.Form):
    """What one person can do."""

    skills = SkillsField(label=gettext_lazy("Skills"))


def reviewing() -> Any:
    """Return the people who review, by name."""
    return User.objects.filter(is_active=True, roles__overlap=list(REVIEWING)).order_by("username")


@login_required
@require_http_methods(["GET", "POST"])
def teams(request: HttpRequest) -> HttpResponse:
    """List teams and people; save or remove a team."""
    actor = reader(request).as_actor()
    form = None
    chosen = request.POST.get("team", "")
    if request.method == "POST":
        team_id = whole_number(chosen)
        form = TeamForm(request.POST, prefix=_prefix(team_id))
        try:
            if request.POST.get("do") == "remove" and team_id:
                remove_team(team_id=team_id, actor=actor, now=clock.now())
                messages.success(request, gettext("The team is gone. Its members keep their own skills."))
                return redirect("lead-teams")
            if form.is_valid():
                said = form.cleaned_data | {"members": [one.pk for one in form.cleaned_data["members"]]}
                save_team(team_id=team_id, actor=actor, now=clock.now(), **said)
                messages.success(request, gettext("Saved: %(name)s") % {"name": said["name"]})
                return redirect("lead-teams")
        except HitlError as refused:
            _refuse(form, refused)
    return _page(request, form)


@login_required
@require_POST
def skills(request: HttpRequest, person_id: int) -> HttpResponse:
    """Change what a person can do."""
    actor = reader(request).as_actor()
    form = SkillsForm(request.POST, prefix=f"person{person_id}")
    if form.is_valid():
        try:
            change_skills(
                person_id=person_id, skills=form.cleaned_data["skills"], actor=actor, now=clock.now()
            )
            messages.success(request, gettext("Saved."))
        except HitlError as refused:
            messages.error(request, in_words(refused)[0])
    return redirect("lead-teams")


def _prefix(team_id: int | None) -> str:
    return f"team{team_id}" if team_id else "new"


def _refuse(form: TeamForm, refused: HitlError) -> None:
    if not hasattr(form, "cleaned_data"):
        form.is_valid()
    problems = refused.facts.get("errors") or []
    for problem in problems:
        name = problem["field"] if problem["field"] in form.fields else None
        form.add_error(name, beside_its_field(problem))
    if not problems:
        form.add_error(None, shown(refused.message))


def _page(request: HttpRequest, sent: TeamForm | None) -> HttpResponse:
    rules = ReviewRules.objects.exclude(team=None).select_related("workflow").order_by("workflow__name")
    only: dict[int, list[str]] = {}
    for rule in rules:
        only.setdefault(rule.team_id or 0, []).append(rule.workflow.name)
    rows = []
    for team in Team.objects.prefetch_related("members"):
        initial = {"name": team.name, "skills": team.skills, "members": list(team.members.all())}
        is_sent = sent is not None and sent.prefix == _prefix(team.pk)
        form = sent if is_sent else TeamForm(initial=initial, prefix=_prefix(team.pk))
        rows.append({"team": team, "form": form, "workflows": only.get(team.pk, []), "is_open": is_sent})
    own = dict(PersonSkills.objects.values_list("person_id", "skills"))
    people = [
        {
            "person": one,
            "teams": [team.name for team in one.teams.all()],
            "form": SkillsForm(initial={"skills": own.get(one.pk, [])}, prefix=f"person{one.pk}"),
            "skills": own.get(one.pk, []),
        }
        for one in reviewing().prefetch_related("teams")
    ]
    is_new = sent is not None and sent.prefix == "new"
    context = {
        **Asked.of(request).context(request),
        "rows": rows,
        "people": people,
        "new": sent if is_new else TeamForm(prefix="new"),
        "is_new_open": is_new,
        "may_assign": person(request).as_actor().has(*MAY_ASSIGN),
        "wanted": ReviewRules.objects.exclude(skills=[])
        .select_related("workflow")
        .order_by("workflow__name"),
    }
    return render(request, "lead/teams.html", context, status=422 if sent is not None else 200)
