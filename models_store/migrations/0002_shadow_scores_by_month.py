from django.db import migrations

# The service's role owns nothing and may not make tables. These two are the owner's, and carried out as such;
# what they may do is said by their text: one month of one table.
_MONTHS = """
CREATE FUNCTION hitl_make_shadow_month(month timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE begins timestamptz := date_trunc('month', month);
BEGIN
    EXECUTE format(
        'CREATE TABLE models_store_shadowscore_%s PARTITION OF models_store_shadowscore'
        ' FOR VALUES FROM (%L) TO (%L)',
        to_char(begins, 'YYYYMM'), begins, begins + interval '1 month');
END $$;
CREATE FUNCTION hitl_drop_shadow_month(month timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
BEGIN
    EXECUTE format('DROP TABLE IF EXISTS models_store_shadowscore_%s', to_char(month, 'YYYYMM'));
END $$;
REVOKE EXECUTE ON FUNCTION hitl_make_shadow_month(timestamptz), hitl_drop_shadow_month(timestamptz) FROM PUBLIC;
"""
_NO_MONTHS = """
DROP FUNCTION hitl_make_shadow_month(timestamptz);
DROP FUNCTION hitl_drop_shadow_month(timestamptz);
"""


class Migration(migrations.Migration):
    """Shadow scores grow with traffic times candidates: a month is dropped at once, never row by row."""

    dependencies = [("models_store", "0001_initial")]
    operations = [
        migrations.RunSQL(
            """
            CREATE TABLE models_store_shadowscore (
                release_id uuid NOT NULL,
                case_id uuid NOT NULL,
                routed_at timestamptz NOT NULL,
                predicted varchar(100),
                score double precision,
                proba double precision[],
                unscored varchar(12) NOT NULL DEFAULT '',
                scored_at timestamptz NOT NULL,
                PRIMARY KEY (release_id, case_id, routed_at),
                CONSTRAINT shadow_score_or_why_not CHECK (
                    (unscored = '') = (predicted IS NOT NULL AND score IS NOT NULL)),
                CONSTRAINT shadow_score_in_range CHECK (score IS NULL OR score BETWEEN 0 AND 1)
            ) PARTITION BY RANGE (routed_at);
            CREATE INDEX shadow_score_in_order
                ON models_store_shadowscore (release_id, routed_at, case_id);
            """,
            "DROP TABLE models_store_shadowscore;",
        ),
        migrations.RunSQL(_MONTHS, _NO_MONTHS),
    ]
