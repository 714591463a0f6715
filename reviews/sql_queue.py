"""The statements of the queue, which stand in `sql_queue.sql`.

Those that every answer needs are prepared: planning them costs more than running them.
"""

from cases.locking import LOCKED_COLUMNS
from hitl.shared.statements import statements_beside

_SQL = statements_beside(__file__, locked_columns=LOCKED_COLUMNS)

CLAIM_NEXT = _SQL["claim_next"].prepared()
LOCK_CASE_UNDER = _SQL["lock_case_under"].prepared()
LOCK_TASK = _SQL["lock_task"].prepared()
ANSWER = _SQL["answer"].prepared()

LEASED_BY = _SQL["leased_by"].text
TAKE_AGAIN = _SQL["take_again"].text
TAKE_UP = _SQL["take_up"].text
HOLD = _SQL["hold"].text
BEGIN_LEASED_AHEAD = _SQL["begin_leased_ahead"].text
RENEW = _SQL["renew"].text
COUNT_WAITING = _SQL["count_waiting"].text
ANYBODY_ELSE = _SQL["anybody_else"].text
OPEN_WORKFLOWS = _SQL["open_workflows"].text
