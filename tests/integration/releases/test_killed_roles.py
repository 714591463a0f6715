"""A process killed in a change of a release's role, at any place: it is done whole, or not at all."""

import pytest

from models_store.models import RoleSpan
from models_store.selectors import roles_now
from models_store.services.roles import move
from models_store.types import ROLE_TRANSITIONS, ReleaseRole
from tests.support.factories import TESTER
from tests.support.killing import TOLD, killed_everywhere
from tests.support.release_rows import BEGUN, assert_whole, releases, told_of

pytestmark = pytest.mark.django_db(transaction=True)

EDGES = [(before, after) for before, ways in ROLE_TRANSITIONS.items() for after in ways]


@pytest.mark.parametrize(("before", "after"), EDGES)
def test_a_change_of_role(before: str, after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = releases(monkeypatch, role=before if before != "champion" else "trained")
    release = world.champion if before == "champion" else world.release
    if (before, after) == ("retired", "champion"):  # it was the champion once
        RoleSpan.objects.create(
            workflow=world.workflow, release=release, role="champion", since=BEGUN, until=BEGUN, by="tests"
        )
    seen = killed_everywhere(
        lambda: move(
            release_id=release.pk, to=ReleaseRole(after), actor=TESTER, now=BEGUN, reason="x", seen=before
        ),
        whole=lambda: assert_whole(world.workflow),
    )
    assert len(seen) == 3  # before, after, and who asks again is told
    assert seen[-1] == TOLD
    assert roles_now(world.workflow.pk)[release.pk].role == after
    assert set(told_of(release).values()) == {1}
    assert ("told release.promoted" in told_of(release)) == (after == "champion")
