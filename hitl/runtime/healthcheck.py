"""Does the web server answer? As a program: is that of this container ready, exit 0 or 1.

Light, since it runs every few seconds.
"""

import http.client
import os
import sys

READY = "/health/ready"


def answers(port: int, page: str = READY, *, host_name: str = "127.0.0.1", seconds: float = 4.0) -> bool:
    """Tell whether a page of this machine's server answers 200, asked under a name that it knows."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", page, headers={"Host": host_name})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> None:
    sys.exit(0 if answers(int(os.environ.get("HITL_PROBE_PORT", "8001"))) else 1)


if __name__ == "__main__":
    main()
