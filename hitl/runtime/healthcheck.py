"""Is the web server of this container ready? Exit 0 or 1. Light, since it runs every few seconds."""

import http.client
import os
import sys


def is_ready(port: int, *, host_name: str, seconds: float = 4.0) -> bool:
    """Ask the readiness page, under a name that the service answers to."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", "/health/ready", headers={"Host": host_name})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> None:
    name = os.environ.get("HITL_ALLOWED_HOSTS", "").split(",")[0].lstrip(".*") or "localhost"
    sys.exit(0 if is_ready(int(os.environ.get("GRANIAN_PORT", "8000")), host_name=name) else 1)


if __name__ == "__main__":
    main()
