"""Where a request comes from: the peer, or what the proxies we know say of it."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest | None) -> str:
    """Return the address of the client.

    `X-Forwarded-For` is believed as far as the proxies named in `settings.TRUSTED_PROXIES` wrote it: from its
    end, the first address that is none of theirs. Whoever reaches us past them can write what they like.
    """
    if request is None:
        return ""
    address = str(request.META.get("REMOTE_ADDR", ""))
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    while hops and is_trusted(address):
        address = hops.pop()
    return address


def is_trusted(address: str) -> bool:
    """Tell whether this is one of our proxies."""
    try:
        peer = ip_address(address)
    except ValueError:
        return False
    networks: Sequence[object] = settings.TRUSTED_PROXIES
    return any(peer in ip_network(str(network)) for network in networks)
