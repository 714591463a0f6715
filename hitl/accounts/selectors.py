"""Questions about accounts."""

from hitl.accounts.models import User


def account_named(name: str) -> User | None:
    """Return the account of this name, in use or not; None where there is none."""
    return User.objects.filter(username=name).first()
