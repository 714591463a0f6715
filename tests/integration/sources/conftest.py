"""Servers of models elsewhere are stubs on loopback here."""

import ipaddress
from collections.abc import Iterator

import pytest
from django.test import override_settings

from hitl.flow.intake import in_force


@pytest.fixture(autouse=True)
def _loopback_is_allowed() -> Iterator[None]:
    in_force.forget()
    with override_settings(WEBHOOK_NETWORKS=[ipaddress.ip_network("127.0.0.0/8")]):
        yield
