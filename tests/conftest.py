"""What every test may ask for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import TransactionTestCase, override_settings
from hypothesis import settings as hypothesis_settings

from hitl.flow.intake import in_force
from hitl.languages.compiling import compile_catalogues
from hitl.shared import clock
from models_store import serving
from reviews import review_chances
from tests.support.emptying import delete_all_rows
from tests.support.template_database import migrated_template

# Nothing depends on how busy the machine is; what a run finds, the next run finds as well.
hypothesis_settings.register_profile("hitl", deadline=None, derandomize=True, database=None)
hypothesis_settings.load_profile("hitl")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Copy each process's test database from one template that was migrated once: 0.3 s, not 8.

    It must stand here: pytest-django is loaded after our plugin, and would take the fixture's place there.
    """
    name = migrated_template()
    settings.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = name
    connections["default"].settings_dict["TEST"]["TEMPLATE"] = name


@pytest.fixture(scope="session", autouse=True)
def quick_emptying() -> Iterator[None]:
    """Empty the database after tests that commit by deleting rows: 0.01 s, not 0.4."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", delete_all_rows)
        yield


@pytest.fixture(autouse=True)
def fresh_process_memory() -> Iterator[None]:
    """Begin each test as a new process would: nothing cached, the system's clock."""
    in_force.forget()
    yield
    in_force.forget()
    clock.use(None)


@pytest.fixture(autouse=True)
def loaded_dice(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let chance say no to what is drawn about reviews, unless it is sure.

    Second reads, modes, known answers: cases have other keys in every run, and so other draws. Tests of those
    are marked `dice`.
    """
    if request.node.get_closest_marker("dice") is None:
        monkeypatch.setattr(review_chances, "_drawn", lambda salt, identity, epoch, share: share >= 1)


@pytest.fixture(scope="session", autouse=True)
def tables_may_be_emptied(monkeypatch_session: pytest.MonkeyPatch) -> None:
    """Let tests with transactions of their own empty the tables behind them, which the service never may.

    They work as the owner of the database, who alone can pass over its triggers.
    """
    usual = DatabaseOperations.execute_sql_flush

    def flush(self: DatabaseOperations, statements: list[str]) -> None:
        usual(self, ["SET LOCAL session_replication_role = replica", *statements])

    monkeypatch_session.setattr(DatabaseOperations, "execute_sql_flush", flush)


@pytest.fixture(scope="session", autouse=True)
def compiled_catalogues() -> None:
    """Have the texts of other languages."""
    compile_catalogues()


@pytest.fixture(scope="session")
def monkeypatch_session() -> Iterator[pytest.MonkeyPatch]:
    """Return what changes things until the last test has run."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="session", autouse=True)
def quick_pages() -> Iterator[None]:
    """Serve static files as they lie in the tree, without a collected copy; hash passwords quickly."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    # Overridden, not assigned: storages that were looked up before this are looked up again.
    with override_settings(
        STORAGES={**settings.STORAGES, "staticfiles": plain},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ):
        yield


@pytest.fixture
def shelf(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """An artifact store of the test's own: what it damages there is what others train as well."""
    location = {"BACKEND": "hitl.shared.storage.WholeFiles", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "artifacts": location}
    serving.forget()
    yield tmp_path
    serving.forget()
