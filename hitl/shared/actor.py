"""Who is acting: a person, an API key or the service itself."""

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["user", "key", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of a change, as the audit log and decisions record it."""

    kind: ActorKind
    id: str
    name: str
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()  # of a key

    def has(self, *roles: str) -> bool:
        """Tell whether the actor holds any of the roles (an administrator holds every one but auditor's)."""
        return not self.roles.isdisjoint(roles)

    @property
    def user_id(self) -> int | None:
        """The person's primary key, None for keys and the service."""
        return int(self.id) if self.kind == "user" else None


def system(name: str) -> Actor:
    """Return the service itself, acting under the name of one of its jobs."""
    return Actor(kind="system", id=name, name=name)
