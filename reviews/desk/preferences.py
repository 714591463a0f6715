"""A person's keys and settings of the desk.

They are stored with the person, so that they are there on every device; the theme belongs to the device.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods

from cases.models import SchemaVersion
from hitl.accounts.models import User
from hitl.shared.actor import Actor
from hitl.web.views import person
from reviews.desk.guards import desk_door

DEEDS = {
    "skip": ("s", gettext_lazy("Skip, with a reason")),
    "hold": ("h", gettext_lazy("Hold for later")),
    "escalate": ("e", gettext_lazy("Escalate to an adjudicator")),
    "undo": ("u", gettext_lazy("Take the last answer back")),
    "toggle-suggestion": ("m", gettext_lazy("Show or hide the suggestion")),
    "next-highlight": ("]", gettext_lazy("Next highlight")),
    "previous-highlight": ("[", gettext_lazy("Previous highlight")),
    "helped": ("f", gettext_lazy("This highlight helped")),
    "misled": ("n", gettext_lazy("This highlight misled")),
    "reason": ("r", gettext_lazy("Give a reason")),
    "comment": ("c", gettext_lazy("Comment")),
    "policy": ("p", gettext_lazy("Show the policy")),
    "search": ("/", gettext_lazy("Search in the case")),
    "older": ("j", gettext_lazy("My last answers, older")),
    "newer": ("k", gettext_lazy("My last answers, newer")),
    "keys": ("?", gettext_lazy("List the keys")),
}
COMFORT = {
    "blur": (
        gettext_lazy("Blur pictures"),
        gettext_lazy("A picture is blurred until you point at it or focus it."),
    ),
    "grey": (gettext_lazy("Pictures without colour"), gettext_lazy("Colour strains more than shape.")),
    "mute": (
        gettext_lazy("Recordings muted"),
        gettext_lazy("They start without sound; the player has a button for it."),
    ),
}


def keys_of(user: User) -> dict[str, str]:
    """Return the key of every deed: the person's own, else the one it comes with."""
    own = user.preferences.get("keys", {})
    return {deed: own.get(deed, key) for deed, (key, _) in DEEDS.items()}


def comfort_of(user: User) -> list[str]:
    """Return what the person has switched on to spare themselves."""
    own = user.preferences.get("comfort", [])
    return [name for name in COMFORT if name in own]


def template_keys(user: User) -> dict[str, str]:
    """Return the keys by names that templates can say, as they are drawn on buttons."""
    return {deed.replace("-", "_"): key.upper() for deed, key in keys_of(user).items()}


def key_deeds(user: User) -> str:
    """Return the deed of every key, as JSON for the page's script."""
    return json.dumps({key: deed for deed, key in keys_of(user).items()})


def label_keys() -> dict[str, str]:
    """Return the keys that labels of present schemas take, each with one label that does."""
    newest = SchemaVersion.objects.order_by("workflow_id", "-number").distinct("workflow_id")
    taken: dict[str, str] = {}
    for labels in newest.values_list("labels", flat=True):
        taken |= {str(label["hotkey"]).lower(): label["name"] for label in labels if label.get("hotkey")}
    return taken


class PreferencesForm(forms.Form):
    """One key a deed, none twice and none that answers a case; and what spares the person."""

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        keys, comfort = keys_of(user), comfort_of(user)
        for deed, (key, words) in DEEDS.items():
            self.fields[deed] = forms.CharField(label=words, max_length=1, min_length=1, initial=keys[deed])
            self.fields[deed].widget.attrs |= {"autocomplete": "off", "spellcheck": "false", "size": "1"}
            self.fields[deed].widget.attrs["data-default"] = key
        for name, (words, why) in COMFORT.items():
            field = forms.BooleanField(label=words, help_text=why, required=False, initial=name in comfort)
            self.fields[name] = field

    def clean(self) -> dict[str, Any]:
        """Refuse keys that clash; an empty field means the key it comes with."""
        said: dict[str, Any] = self.cleaned_data
        keys = {deed: str(said.get(deed) or default).lower() for deed, (default, _) in DEEDS.items()}
        for deed, problem in clashes(keys, label_keys()).items():
            self.add_error(deed, problem)
        self.keys = keys
        return said

    def key_fields(self) -> list[forms.BoundField]:
        """The fields of keys, in their order."""
        return [self[deed] for deed in DEEDS]

    def comfort_fields(self) -> list[forms.BoundField]:
        """The switches."""
        return [self[name] for name in COMFORT]


def clashes(keys: Mapping[str, str], of_labels: Mapping[str, str]) -> dict[str, str]:
    """Say of each deed what is wrong with its key.

    >>> clashes({"skip": "s", "hold": "s"}, {})["hold"]
    'The key S is taken by "Skip, with a reason".'
    """
    problems: dict[str, str] = {}
    first: dict[str, str] = {}
    for deed, key in keys.items():
        if not key.isprintable() or key.isspace():
            problems[deed] = gettext("Choose a key that types a sign.")
        elif key.isdigit():
            problems[deed] = gettext("Digits answer cases.")
        elif key in of_labels:
            problems[deed] = gettext('The key %(key)s answers "%(label)s".') % {
                "key": key.upper(),
                "label": of_labels[key],
            }
        elif key in first:
            problems[deed] = gettext('The key %(key)s is taken by "%(deed)s".') % {
                "key": key.upper(),
                "deed": DEEDS[first[key]][1],
            }
        first.setdefault(key, deed)
    return problems


@require_http_methods(["GET", "POST"])
@desk_door
def preferences(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show and change one's keys and comfort."""
    user = person(request)
    form = PreferencesForm(request.POST or None, user=user)
    if request.method == "POST" and "reset" in request.POST:
        _save(user, keys={}, comfort=comfort_of(user))
        return redirect("desk-preferences")
    if request.method == "POST" and form.is_valid():
        changed = {deed: key for deed, key in form.keys.items() if key != DEEDS[deed][0]}
        _save(user, keys=changed, comfort=[name for name in COMFORT if form.cleaned_data[name]])
        return redirect("desk")
    return render(request, "desk/preferences.html", {"form": form})


def _save(user: User, *, keys: Mapping[str, str], comfort: Iterable[str]) -> None:
    user.preferences = {**user.preferences, "keys": dict(keys), "comfort": list(comfort)}
    user.save(update_fields=["preferences"])
