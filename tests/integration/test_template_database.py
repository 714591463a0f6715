"""Where the test databases come from: copied, since migrating each would cost seconds for every process."""

import pytest
from django.db import connection

from tests.support.template_database import migrated_template


@pytest.mark.django_db
def test_this_database_was_copied_from_the_template_and_not_migrated_by_itself() -> None:
    assert connection.settings_dict["TEST"]["TEMPLATE"] == migrated_template()
