"""Extensions of the API reference's generator: how keys are sent, and what a shape is."""

import sys
from typing import Any

import msgspec
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.plumbing import ResolvedComponent


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped library
    """Our authentication, in the reference's words."""

    target_class = "hitl.api.authentication.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the security scheme."""
        return {"type": "http", "scheme": "bearer", "description": "An API key: `hitl_...`"}


class Shapes(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # as above
    """A `msgspec.Struct` where the generator expects a serializer: its JSON schema is its shape."""

    target_class = "msgspec.Struct"
    match_subclasses = True

    def get_name(self, auto_schema: Any, direction: str) -> str:
        """Return the name of the component."""
        return str(self.target.__name__)

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """Return the shape; the shapes it is made of become components of their own."""
        (_,), parts = msgspec.json.schema_components(
            [self.target], ref_template="#/components/schemas/{name}"
        )
        own: dict[str, Any] = parts.pop(self.target.__name__)
        beside = vars(sys.modules[self.target.__module__])
        for name, schema in parts.items():
            component = ResolvedComponent(  # type: ignore[no-untyped-call]  # as above
                name, ResolvedComponent.SCHEMA, schema, object=beside[name]
            )
            auto_schema.registry.register_on_missing(component)
        return own
