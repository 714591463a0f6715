"""The demo's accounts, and the file that remembers their passwords and the key of the stream."""

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from hitl.accounts.keys import create_key
from hitl.accounts.models import User
from hitl.accounts.types import Role, Scope
from hitl.runtime.private_files import write_private
from hitl.shared.actor import Actor, system

ACTOR: Actor = system("demo")


@dataclass(frozen=True, slots=True)
class Person:
    """A demo account: what it is called and what it may do."""

    username: str
    first_name: str
    roles: tuple[str, ...]
    is_superuser: bool = False


PEOPLE = (
    Person("olga", "Olga, operator", (Role.OPERATOR, Role.LEAD)),
    Person("oskar", "Oskar, second operator", (Role.OPERATOR,)),
    Person("rita", "Rita, reviewer", (Role.REVIEWER, Role.BATCHER)),
    Person("ron", "Ron, reviewer", (Role.REVIEWER, Role.ADJUDICATOR)),
    Person("ada", "Ada, auditor", (Role.AUDITOR,)),
    Person("sam", "Sam, scripted reviewer", (Role.REVIEWER,)),
    Person("tess", "Tess, scripted reviewer in a hurry", (Role.REVIEWER,)),
    Person("vera", "Vera, scripted reviewer", (Role.REVIEWER,)),
    Person("uma", "Uma, scripted reviewer and adjudicator", (Role.REVIEWER, Role.ADJUDICATOR)),
    Person("admin", "Admin", tuple(Role.values), is_superuser=True),
)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the demo must remember between starts; the file is readable by its owner alone."""

    password: str
    api_key: str


def secrets_of(data: Path) -> Secrets | None:
    """Return what was remembered; None before the first start."""
    file = _file(data)
    return Secrets(**json.loads(file.read_text())) if file.exists() else None


def make_people(data: Path, *, now: datetime) -> Secrets:
    """Make the accounts, all with one random password, and the key that the stream uses."""
    kept = secrets_of(data)
    there = set(User.objects.values_list("username", flat=True))
    is_known = kept is not None and PEOPLE[0].username in there
    if kept is not None and is_known and there.issuperset(person.username for person in PEOPLE):
        return kept
    password = kept.password if kept and is_known else "-".join(secrets.choice(_WORDS) for _ in range(4))
    for person in PEOPLE:
        if is_known and person.username in there:
            continue
        user, _ = User.objects.get_or_create(username=person.username)
        user.first_name, user.roles = person.first_name, list(person.roles)
        user.is_staff = user.is_superuser = person.is_superuser
        user.set_password(password)
        user.save()
    if kept is not None and is_known:
        return kept
    _, key = create_key(
        name="demo stream",
        scopes=[Scope.SUBMIT, Scope.READ],
        is_for_all_workflows=True,
        actor=ACTOR,
        now=now,
    )
    made = Secrets(password, key)
    write_private(_file(data), json.dumps(asdict(made)))
    return made


def _file(data: Path) -> Path:
    return data / "demo.json"


_WORDS = """
amber apple arrow autumn badge bamboo basil beach birch bread bridge brook candle canyon cedar
cherry cloud clover copper coral cotton crane dawn delta ember falcon fern field flint forest
fountain garden ginger glacier grape harbor hazel heron honey island ivory jade juniper kettle
lagoon lantern laurel lemon lilac linen maple marble meadow mint morning moss mountain nectar nutmeg
oak ocean olive orchid otter paper pearl pebble pepper pine plum pond poppy quartz rain raven reed
river robin rose saffron sage sail salmon sand shell silver sky slate snow spring spruce star stone
storm sugar summer sun swan thyme tide tulip valley velvet violet walnut water wheat willow wind
winter wood wren zephyr
""".split()  # noqa: SIM905 - a list of a hundred literals reads no better
