"""Where webhooks may go: public addresses, and the networks the operator names.

A name is resolved once, every address it has is looked at, and the connection goes to the very address that
was looked at: a name that resolves to something else a moment later (DNS rebinding) gains nothing.
"""

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from hitl.shared.errors import Invalid

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # IPv4 behind NAT64


class AddressRefused(Exception):
    """The address is not one that webhooks may go to; the message says why."""


def check_url(url: str) -> SplitResult:
    """Return the parts of an address that somebody wants events at.

    Raises:
        Invalid: it is not one; http without TLS is for named networks only.
    """
    fix = "Send an address like https://example.org/hooks/hitl."
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_fits = urlsplit(""), False
    is_plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= 500
    if not is_plain or not port_fits or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Invalid([{"field": "url", "error": "is not an address of the web", "fix": fix}])
    if parts.username or parts.password or parts.fragment:
        error = "holds a name, a password or a fragment"
        raise Invalid([{"field": "url", "error": error, "fix": fix}])
    if parts.scheme == "http" and not settings.WEBHOOK_NETWORKS:
        raise Invalid([{"field": "url", "error": "is not encrypted", "fix": "Use https."}])
    return parts


def look_up(host: str, port: int) -> str:
    """Return the address to connect to.

    Raises:
        AddressRefused: one of the name's addresses is private, local or otherwise not public.
        OSError: the name cannot be resolved.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    texts = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    for text in texts:
        if not may_reach(ipaddress.ip_address(text)):
            raise AddressRefused(f"{host} is at {text}, which is not a public address")
    return texts[0]


def may_reach(address: Address) -> bool:
    """Tell whether webhooks may go to this address."""
    seen = embedded(address)
    if any(seen in network for network in settings.WEBHOOK_NETWORKS if network.version == seen.version):
        return True
    return seen.is_global and not seen.is_multicast and not seen.is_reserved


def embedded(address: Address) -> Address:
    """Return the IPv4 address inside an IPv6 one where a gateway would unpack it, else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)
