"""Where a request comes from, as nobody can forge it."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The client's IP address: what the outermost of our own proxies saw, else the other end.

    Each proxy appends whom it heard to X-Forwarded-For, so with TRUSTED_PROXIES of them in front
    the entry that many from the right is ours; whatever stands left of it a client can write.
    """
    direct = request.META.get("REMOTE_ADDR", "")
    proxies = settings.TRUSTED_PROXIES
    heard = request.headers.get("X-Forwarded-For", "").split(",")
    if proxies < 1 or len(heard) < proxies:
        return direct
    return _plain(heard[-proxies].strip()) or direct


def _plain(written: str) -> str:
    """An address without a port or brackets; empty for anything else."""
    bare = written.partition("]")[0].lstrip("[") if written.startswith("[") else written
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return ""
