from django.db import migrations

REFUSE = """
CREATE FUNCTION hitl_closed_budget_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.closed_at IS NOT NULL THEN
        RAISE EXCEPTION 'a closed error budget is never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an error budget is never removed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER monitoring_budgetperiod_stays BEFORE UPDATE OR DELETE ON monitoring_budgetperiod
    FOR EACH ROW EXECUTE FUNCTION hitl_closed_budget_stays();
"""
ALLOW = """
DROP TRIGGER monitoring_budgetperiod_stays ON monitoring_budgetperiod;
DROP FUNCTION hitl_closed_budget_stays();
"""


class Migration(migrations.Migration):
    """A closed period keeps its verdict for ever, whatever is learnt later."""

    dependencies = [("monitoring", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
