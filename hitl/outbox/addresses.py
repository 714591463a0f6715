"""Where webhooks may go: public addresses, and the networks the operator names.

What is looked at is the address of the very socket that is about to be connected (`sending.py`): a name that
resolves to something else a moment later (DNS rebinding) gains nothing.
"""

import ipaddress
import re
import socket
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from hitl.shared.errors import Invalid, Problem
from hitl.shared.words import Words

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NEVER = [  # no host of the web; Python learnt some of them late, or not yet
    ipaddress.ip_network(text)
    for text in ("fec0::/10", "3fff::/20", "100::/64", "5f00::/16", "64:ff9b:1::/48", "192.0.0.0/24")
]
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # IPv4 behind NAT64
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")


def check_url(url: str) -> SplitResult:
    """Return the parts of an address that somebody wants events at.

    Raises:
        Invalid: it is not one; http without TLS is for named networks only.
    """
    fix = Words("Send an address like https://example.org/hooks/hitl.")
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_fits = urlsplit(""), False
    is_plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= 500
    if not is_plain or not port_fits or parts.scheme not in {"http", "https"} or not _is_host(parts):
        raise Invalid([Problem(field="url", error="is not an address of the web", fix=fix)])
    if parts.username or parts.password or parts.fragment:
        error = Words("holds a name, a password or a fragment")
        raise Invalid([Problem(field="url", error=error, fix=fix)])
    if parts.scheme == "http" and not settings.WEBHOOK_NETWORKS:
        raise Invalid([Problem(field="url", error="is not encrypted", fix="Use https.")])
    return parts


def check_new_url(url: str) -> SplitResult:
    """Return the same of an address that is to be kept: one that names a machine by number is looked at now.

    A name may mean something else when it is asked for; what it means is looked at then.

    Raises:
        Invalid: it is not one, or its number is not of a machine that may be reached.
    """
    parts = check_url(url)
    address = _number_of(parts.hostname or "")
    if address is not None and not may_reach(address):
        error = Words("is at %(address)s, which is not a public address", address=str(address))
        fix = Words(
            "Name a public one; HITL_WEBHOOK_NETWORKS names networks of your own that may be reached."
        )
        raise Invalid([Problem(field="url", error=error, fix=fix)])
    return parts


def _number_of(host: str) -> Address | None:
    """The address that a host's name is the number of, in any form that the network's library takes."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def _is_host(parts: SplitResult) -> bool:
    """Tell whether it names a host by name or number; parsers take `%00` and `a,b` for one."""
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return len(host) <= 253 and _HOST.fullmatch(host) is not None
    return "%" not in host  # an interface of this machine


def may_reach(address: Address) -> bool:
    """Tell whether webhooks may go to this address."""
    seen = embedded(address)
    if any(seen in network for network in settings.WEBHOOK_NETWORKS if network.version == seen.version):
        return True
    if any(seen in network for network in _NEVER if network.version == seen.version):
        return False
    return seen.is_global and not seen.is_multicast and not seen.is_reserved


def embedded(address: Address) -> Address:
    """Return the IPv4 address inside an IPv6 one where a gateway would unpack it, else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)
