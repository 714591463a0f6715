"""What is asked of the answers of a window, and of the work that is open now: `sql_quality.sql`."""

from hitl.shared.statements import statements_beside

_SQL = statements_beside(__file__)

BY_PERSON = _SQL["by_person"].text
BY_LABEL = _SQL["by_label"].text
CONFUSED = _SQL["confused"].text
FLAGGED = _SQL["flagged"].text
UNREAD = _SQL["unread"].text
SECONDS = _SQL["seconds"].text
INDEPENDENT = _SQL["independent"].text
WAITING = _SQL["waiting"].text
AT_RISK = _SQL["at_risk"].text
WHO_IS_ON = _SQL["who_is_on"].text
BY_HOUR = _SQL["by_hour"].text
