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
CREATE INDEX shadow_score_in_order ON models_store_shadowscore (release_id, routed_at, case_id);
COMMENT ON TABLE models_store_shadowscore IS 'by month';

-- The service's role owns nothing and may not make tables. These are the owner's, and carried out as such; what
-- they may do is said by their text: one month of a table whose owner wrote "by month" on it.
-- A month is attached and not made in place: that stops nobody who writes into the others.
CREATE FUNCTION hitl_name_of_month(of regclass, month timestamptz) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE found record;
BEGIN
    SELECT relname, relkind, obj_description(oid, 'pg_class') AS says INTO found FROM pg_class WHERE oid = of;
    IF found.relkind IS DISTINCT FROM 'p' OR found.says IS DISTINCT FROM 'by month' THEN
        RAISE EXCEPTION '% is not kept by month', of USING ERRCODE = 'wrong_object_type';
    END IF;
    RETURN found.relname || '_' || to_char(month, 'YYYYMM');
END $$;
CREATE FUNCTION hitl_make_month(of regclass, month timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    begins timestamptz := date_trunc('month', month);
    name text := hitl_name_of_month(of, begins);
BEGIN
    EXECUTE format('CREATE TABLE %I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)', name, of);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        of, name, begins, begins + interval '1 month');
END $$;
CREATE FUNCTION hitl_drop_month(of regclass, month timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
BEGIN
    EXECUTE format('DROP TABLE IF EXISTS %I', hitl_name_of_month(of, month));
END $$;
REVOKE EXECUTE ON FUNCTION hitl_make_month(regclass, timestamptz), hitl_drop_month(regclass, timestamptz) FROM PUBLIC;

-- reverse
DROP FUNCTION hitl_make_month(regclass, timestamptz);
DROP FUNCTION hitl_drop_month(regclass, timestamptz);
DROP FUNCTION hitl_name_of_month(regclass, timestamptz);
DROP TABLE models_store_shadowscore;
