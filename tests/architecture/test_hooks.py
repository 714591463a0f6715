"""The hooks for pre-commit are the project's own commands, and nothing from elsewhere."""

from pathlib import Path

import yaml

from hitl.runtime.bootstrap import CHECKS

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_hook_is_a_check_of_the_project() -> None:
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    hooks = repositories[0]["hooks"]
    assert [hook["entry"] for hook in hooks] == [
        f"python3 manage.py {name}" for name in ("fix", "lint", "types")
    ]
    assert {hook["id"] for hook in hooks} <= set(CHECKS)
    assert all(hook["language"] == "system" and not hook["pass_filenames"] for hook in hooks)
