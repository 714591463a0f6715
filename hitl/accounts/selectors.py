"""Questions about accounts."""

from collections.abc import Iterable

from hitl.accounts.models import User


def account_named(name: str) -> User | None:
    """Return the account of this name, in use or not; None where there is none."""
    return User.objects.filter(username=name).first()


def names_of(ids: Iterable[int]) -> dict[int, str]:
    """Return what these people are called."""
    return dict(User.objects.filter(pk__in=set(ids)).values_list("pk", "username"))
