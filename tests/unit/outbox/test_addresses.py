"""Which addresses webhooks may go to."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from hitl.outbox.addresses import check_new_url, may_reach
from hitl.shared.errors import Invalid

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "0.0.0.0", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1",
    "fec0::1", "feff::1", "3fff::1", "3fff:fff::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::1",
    "64:ff9b:1::a00:1", "192.0.0.8",
]  # fmt: skip


@pytest.mark.parametrize("text", PRIVATE)
def test_addresses_that_are_not_public_are_refused(settings: Any, text: str) -> None:
    settings.WEBHOOK_NETWORKS = []
    assert not may_reach(ip_address(text))


@pytest.mark.parametrize("text", ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_public_addresses_are_not(settings: Any, text: str) -> None:
    settings.WEBHOOK_NETWORKS = []
    assert may_reach(ip_address(text))


def test_the_operator_may_name_a_network_and_no_other_is_opened(settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = [ip_network("10.1.0.0/16")]
    assert may_reach(ip_address("10.1.2.3"))
    assert may_reach(ip_address("::ffff:10.1.2.3"))
    assert not may_reach(ip_address("10.2.0.1"))
    assert not may_reach(ip_address("127.0.0.1"))


@pytest.mark.parametrize("text", [*PRIVATE, "0x7f.1", "127.1", "2130706433", "0177.0.0.1"])
def test_an_address_that_names_a_private_machine_by_number_is_not_kept(settings: Any, text: str) -> None:
    settings.WEBHOOK_NETWORKS = []
    with pytest.raises(Invalid) as refused:
        check_new_url(f"https://{f'[{text}]' if ':' in text else text}/hook")
    assert "not a public address" in refused.value.facts["errors"][0]["error"]


@pytest.mark.parametrize("host", ["example.org", "1.1.1.1", "[2606:4700::1111]", "12.example", "beef"])
def test_a_name_and_a_public_number_are_kept(settings: Any, host: str) -> None:
    settings.WEBHOOK_NETWORKS = []
    assert check_new_url(f"https://{host}/hook").path == "/hook"
