"""What image and compose file say is there: programs, options, variables, ports and paths."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import celery.bin.celery
import click
import pytest
import yaml
from django.core.management import get_commands, load_command_class
from granian.cli import cli as granian

from hitl.runtime.front_config import COMPOSE

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = ("hitl", "cases", "models_store", "policy", "reviews", "monitoring", "science")
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OURS = {name for name, service in SERVICES.items() if service["image"].startswith("hitl:")}
STAGES = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").split("\nFROM ")


def lines_of_image(word: str) -> list[str]:
    return re.findall(rf"^{word} +(.*)$", STAGES[-1], flags=re.MULTILINE)


VARIABLES = dict(pair.split("=", 1) for line in lines_of_image("ENV") for pair in line.split())
COMMANDS = {name: SERVICES[name]["command"] for name in OURS if "command" in SERVICES[name]}
COMMANDS["the image"] = yaml.safe_load(lines_of_image("CMD")[-1])


OF_BOTO3 = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"}
OF_OTHERS = {"DJANGO_SETTINGS_MODULE", "PATH"} | OF_BOTO3


def reads(variable: str) -> bool:
    """Tell whether the code, or Granian, Django or boto3 for it, reads a variable."""
    if variable.startswith("GRANIAN_"):
        return any(f"GRANIAN_{str(option.name).upper()}" == variable for option in granian.params)
    sources = (path.read_text() for package in CODE for path in (ROOT / package).rglob("*.py"))
    is_ours = any(f'"{variable}"' in source for source in sources)
    return is_ours or variable in OF_OTHERS or variable.startswith("PYTHON")


@pytest.mark.parametrize("name", ["the image", *sorted(OURS)])
def test_every_variable_that_is_set_is_read(name: str) -> None:
    given = VARIABLES if name == "the image" else SERVICES[name]["environment"]
    assert given
    assert not [variable for variable in given if not reads(variable)]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_that_is_started_exists_and_takes_its_options(name: str) -> None:
    words = COMMANDS[name]
    if words[:2] == ["sh", "-c"]:
        assert words[2].startswith("python manage.py ")
        for command in words[2].split(" && "):
            _, _, what, *options = command.split()
            parser = load_command_class(get_commands()[what], what).create_parser("manage.py", what)
            parser.parse_args(options)
    elif words[0] == "celery":
        place = next(n for n, word in enumerate(words) if word in ("worker", "beat"))
        app = celery.bin.celery.celery
        app.make_context("celery", [*words[1:place], words[place], "--help"], resilient_parsing=True)
        command = app.commands[words[place]]
        options = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
        given = [word.split("=")[0] for word in words[place + 1 :] if word.startswith("--")]
        assert given
        assert set(given) <= options
        assert import_module("hitl").__name__ == words[words.index("--app") + 1]
    else:
        assert words[0] == "granian"
        taken = granian.make_context("granian", words[1:], resilient_parsing=True).params["app"]
        module, _, attribute = taken.partition(":")
        source = (ROOT / f"{module.replace('.', '/')}.py").read_text()
        assert re.search(rf"^(def )?{attribute}\b", source, re.MULTILINE)


def test_a_wrong_option_would_be_found() -> None:
    with pytest.raises(click.NoSuchOption):
        granian.make_context("granian", ["--no-such-option", "hitl.wsgi:application"])


def test_front_image_and_health_check_speak_of_the_same_ports() -> None:
    service, probe = VARIABLES["GRANIAN_PORT"], VARIABLES["HITL_PROBE_PORT"]
    assert lines_of_image("EXPOSE") == [f"{service} {probe}"]
    text = COMPOSE.text()
    assert f"server web:{service} " in text
    assert f"server web:{probe} " in text
    (listens,) = re.findall(r"listen (\d+);", text)
    assert SERVICES["front"]["ports"] == [f"${{HITL_BIND:-127.0.0.1:8000}}:{listens}"]
    (check,) = re.findall(r'CMD \["python", "-m", "([\w.]+)"\]', STAGES[-1])
    assert f'"HITL_PROBE_PORT", "{probe}"' in (ROOT / f"{check.replace('.', '/')}.py").read_text()


def test_what_is_copied_and_mounted_is_there() -> None:
    copied = [word for stage in STAGES for word in re.findall(r"^COPY (?!--)(.+) \S+$", stage, re.MULTILINE)]
    assert copied
    assert all((ROOT / path).exists() for words in copied for path in words.split())
    mounted = [volume.split(":")[0] for each in SERVICES.values() for volume in each.get("volumes", [])]
    assert all((ROOT / path).is_file() for path in mounted if path.startswith("./"))
    config = Path(VARIABLES["GRANIAN_LOG_CONFIG"])
    assert (ROOT / config.relative_to("/app")).is_file()


def test_what_is_left_out_of_the_image_is_not_read_by_the_service() -> None:
    left_out = {line.strip() for line in (ROOT / ".dockerignore").read_text().splitlines()}
    assert "tests" in left_out
    commands_of_this_repository = {"hitl/runtime", "hitl/bench", "hitl/management", "hitl/checks"}
    for package in CODE:
        for path in (ROOT / package).rglob("*.py"):
            if not str(path.relative_to(ROOT)).startswith(tuple(commands_of_this_repository)):
                assert not re.search(r'ROOT / "tests"|BASE_DIR / "tests"', path.read_text()), path


def test_the_image_can_keep_files_in_an_object_store_and_compose_says_where() -> None:
    copied = {word for stage in STAGES for word in re.findall(r"requirements-\S+\.txt", stage)}
    assert "requirements-s3.txt" in copied
    settings = (ROOT / "docs/reference/settings.md").read_text()
    for name in OURS:
        given = SERVICES[name]["environment"]
        assert given["HITL_OBJECT_STORE"] == "${HITL_OBJECT_STORE:-}"
        for variable in OF_BOTO3 | {"AWS_ENDPOINT_URL_S3"}:
            assert given[variable] is None, "an empty one would be a key, a region or an address"
            assert f"`{variable}`" in settings


def test_all_who_keep_files_keep_them_in_the_one_volume() -> None:
    (volume,) = lines_of_image("VOLUME")
    assert VARIABLES["HITL_DATA_DIR"] == volume
    assert all(f"data:{volume}" in SERVICES[name]["volumes"] for name in OURS)
