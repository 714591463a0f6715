"""Is the web server of this container ready? Exit 0 or 1. Light, since it runs every few seconds."""

import http.client
import os
import sys


def is_ready(port: int, *, seconds: float = 4.0) -> bool:
    """Ask the probe thread's readiness page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> None:
    sys.exit(0 if is_ready(int(os.environ.get("HITL_PROBE_PORT", "8001"))) else 1)


if __name__ == "__main__":
    main()
