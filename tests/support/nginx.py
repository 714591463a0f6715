"""The nginx that the tests of the front run."""

from pathlib import Path

import pytest

from hitl.runtime.front import find_nginx
from hitl.runtime.verification import in_ci


def nginx_or_skip() -> Path:
    """Return it; skip the test where there is none, as on platforms that the pinned wheel is not made for.

    In CI nobody reads what was skipped: there it must be.
    """
    nginx = find_nginx()
    if nginx is None:
        assert not in_ci(), "the pinned nginx was not installed"
        pytest.skip("neither NGINX_BIN, the system's, nor the pinned wheel, which not every platform has")
    return nginx
