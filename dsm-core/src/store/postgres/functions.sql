-- Functions for executors that come by PostgREST. {…} are statements of this store, word for word: both kinds of executor
-- do the same. Each request is one transaction.

CREATE OR REPLACE FUNCTION dsm_claim_now(timestamptz, text[], bigint, double precision, text, uuid, uuid, text[])
    RETURNS TABLE ({WON}) LANGUAGE sql VOLATILE
    SET search_path FROM CURRENT SET enable_hashjoin = off SET enable_mergejoin = off AS $dsm${CLAIM}$dsm$;

CREATE OR REPLACE FUNCTION dsm_claim_won(uuid) RETURNS TABLE ({WON}) LANGUAGE sql VOLATILE
    SET search_path FROM CURRENT AS $dsm${WON_BEFORE}$dsm$;

CREATE OR REPLACE FUNCTION dsm_claim_next(timestamptz, text[], text[])
    RETURNS TABLE (next_due timestamptz, has_lanes boolean, has_news boolean, has_coming boolean) LANGUAGE sql STABLE
    SET search_path FROM CURRENT AS $dsm${NEXT_DUE}$dsm$;

CREATE OR REPLACE FUNCTION dsm_claim_due(timestamptz, text[], bigint, text[])
    RETURNS TABLE ({CANDIDATE}) LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $dsm${DUE_JOBS}$dsm$;

CREATE OR REPLACE FUNCTION dsm_claim_heads(text[], bigint[]) RETURNS TABLE ({CANDIDATE}) LANGUAGE sql VOLATILE
    SET search_path FROM CURRENT AS $dsm${HEADS}$dsm$;

CREATE OR REPLACE FUNCTION dsm_claim_classes() RETURNS SETOF text LANGUAGE sql STABLE
    SET search_path FROM CURRENT AS $dsm${CLASSES}$dsm$;

CREATE OR REPLACE FUNCTION dsm_claim_queue(timestamptz, text[], bigint, text[]) RETURNS void LANGUAGE sql VOLATILE
    SET search_path FROM CURRENT AS $dsm${QUEUE}$dsm$;

-- The classes of jobs that limits hold back, and who is at work under those limits.
CREATE OR REPLACE FUNCTION dsm_waiting() RETURNS jsonb LANGUAGE sql STABLE SET search_path FROM CURRENT AS $dsm$
    WITH classes AS MATERIALIZED (SELECT waits FROM dsm_claim_classes() c (waits))
    SELECT jsonb_build_object(
        'classes', (SELECT coalesce(jsonb_agg(waits), '[]') FROM classes),
        'locks', (SELECT coalesce(jsonb_agg(jsonb_build_object('key', l.key, 'most', l.most, 'held', l.held)), '[]')
                  FROM dsm_lock l WHERE l.key IN (
                      SELECT unnest((string_to_array(waits, chr(10)))[2:]) FROM classes)))
$dsm$;

-- What is due, without being held: candidates whose lanes and limits have a say, so many; and with them those that a limit
-- held back and that come before the last of them, as many of each class as have room.
CREATE OR REPLACE FUNCTION dsm_due(p_now timestamptz, p_types text[], p_limit bigint, p_gated text[], p_classes text[],
    p_rooms bigint[]) RETURNS jsonb LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $dsm$
    WITH due AS MATERIALIZED (SELECT * FROM dsm_claim_due(p_now, p_types, p_limit, p_gated)),
    heads AS MATERIALIZED (SELECT * FROM dsm_claim_heads(p_classes, p_rooms)),
    last AS MATERIALIZED (
        SELECT o_rank, o_due, o_created_at, o_id FROM due
        ORDER BY o_rank DESC, o_due DESC, o_created_at DESC, o_id DESC LIMIT 1
    ), together AS (
        SELECT * FROM due
        UNION ALL
        SELECT h.* FROM heads h
        WHERE (SELECT count(*) FROM due) < p_limit
           OR EXISTS (SELECT 1 FROM last l
                      WHERE (h.o_rank, h.o_due, h.o_created_at, h.o_id) < (l.o_rank, l.o_due, l.o_created_at, l.o_id))
    )
    SELECT jsonb_build_object(
        'found', (SELECT count(*) FROM due),
        'jobs', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', o_id, 'job_type', o_type, 'address', o_address)
                                           ORDER BY o_rank, o_due, o_created_at, o_id), '[]') FROM together))
$dsm$;

CREATE OR REPLACE FUNCTION dsm_claim(p_now timestamptz, p_types text[], p_slots bigint, p_ttl double precision,
    p_executor text, p_incarnation uuid, p_ticket uuid, p_gated text[], p_served text[], p_limited boolean,
    p_repeated boolean) RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $dsm$
DECLARE
    won jsonb;
    ids uuid[];
    coming record;
    is_due boolean := false;
BEGIN
    -- What an earlier try of this very claim won, whose answer was lost on the way.
    IF p_repeated THEN
        SELECT jsonb_agg(to_jsonb(w)) INTO won FROM dsm_claim_won(p_ticket) w;
    END IF;
    IF won IS NULL THEN
        PERFORM dsm_claim_queue(p_now, p_types, {MOST_QUEUED}, p_gated);
        -- Where there are limits, every job is looked at.
        SELECT jsonb_agg(to_jsonb(c)) INTO won
        FROM dsm_claim_now(p_now, p_types, CASE WHEN p_limited THEN 0 ELSE p_slots END, p_ttl, p_executor, p_incarnation, p_ticket, p_gated) c;
    END IF;
    SELECT * INTO coming FROM dsm_claim_next(p_now, p_types, p_gated);
    IF p_limited THEN
        is_due := EXISTS (SELECT 1 FROM dsm_claim_due(p_now, p_types, 1, p_gated));
    END IF;
    UPDATE dsm_executor
    SET job_types = p_served,
        alive_until = coalesce(p_now, date_trunc('milliseconds', now())) + p_ttl * interval '1 millisecond'
    WHERE incarnation = p_incarnation
      AND (job_types IS DISTINCT FROM p_served OR alive_until <= coalesce(p_now, date_trunc('milliseconds', now())));
    ids := ARRAY(SELECT (w ->> 'o_id')::uuid FROM jsonb_array_elements(coalesce(won, '[]')) w);
    RETURN jsonb_build_object(
        'jobs', coalesce(won, '[]'), 'next_due', coming.next_due, 'has_more', coming.has_lanes OR is_due,
        'has_news', coming.has_news,
        'tasks', (SELECT coalesce(jsonb_agg(to_jsonb(t) ORDER BY t.created_at, t.id), '[]') FROM job_tasks t
                  WHERE t.job_id = ANY (ids)),
        'steps', (SELECT coalesce(jsonb_agg(to_jsonb(w) ORDER BY w.dsm_run, w.step_number, w.id), '[]')
                  FROM workflow_executions w JOIN jobs j ON j.id = w.job_id AND w.workflow_type = j.job_type::text
                  WHERE w.job_id = ANY (ids)));
END
$dsm$;

CREATE OR REPLACE FUNCTION dsm_fences(p_count bigint) RETURNS jsonb LANGUAGE sql VOLATILE
    SET search_path FROM CURRENT AS $dsm$
    SELECT coalesce(jsonb_agg(f.fence ORDER BY f.fence), '[]')
    FROM (SELECT nextval('dsm_fence') AS fence FROM generate_series(1, p_count)) f
$dsm$;

-- A server whose clock was set back: what is on record of a time that has not come again is brought to the present.
CREATE OR REPLACE FUNCTION dsm_mend(timestamptz) RETURNS void LANGUAGE plpgsql VOLATILE
    SET search_path FROM CURRENT AS $dsm$
BEGIN
    IF EXISTS ({IS_AHEAD}) THEN
        {MENDS};
    END IF;
END
$dsm$;

-- A lease that ran out but was not taken back is still its holder's.
CREATE OR REPLACE FUNCTION dsm_renew(p_now timestamptz, p_incarnation uuid, p_jobs uuid[], p_fences bigint[],
    p_ttl double precision) RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT
    SET enable_hashjoin = off SET enable_mergejoin = off AS $dsm$
DECLARE
    until_at timestamptz := coalesce(p_now, date_trunc('milliseconds', now())) + p_ttl * interval '1 millisecond';
    held uuid[];
    wanted uuid[];
BEGIN
    PERFORM dsm_mend(coalesce(p_now, date_trunc('milliseconds', now())));
    UPDATE dsm_executor SET beat_at = until_at - p_ttl * interval '1 millisecond', alive_until = until_at
    WHERE incarnation = p_incarnation;
    held := ARRAY(
        SELECT l.job_id FROM unnest(p_jobs, p_fences) k (job_id, fence)
        JOIN dsm_lease l ON l.job_id = k.job_id AND l.fence = k.fence
        JOIN jobs j ON j.id = l.job_id
        WHERE l.incarnation = p_incarnation AND l.until IS NOT NULL AND j.status IN ('running', 'cancelled')
        ORDER BY l.job_id FOR NO KEY UPDATE OF l);
    UPDATE dsm_lease SET until = greatest(until, until_at) WHERE job_id = ANY (held);
    UPDATE dsm_lock SET until = greatest(until, until_at) WHERE until IS NOT NULL AND incarnation = p_incarnation;
    wanted := ARRAY(
        SELECT l.job_id FROM dsm_lease l JOIN jobs j ON j.id = l.job_id
        WHERE l.job_id = ANY (held) AND (l.cancel_requested OR j.status = 'cancelled'));
    RETURN jsonb_build_object('held', to_jsonb(held), 'cancel', to_jsonb(wanted));
END
$dsm$;

CREATE OR REPLACE FUNCTION dsm_cancel_requests(p_jobs uuid[]) RETURNS jsonb LANGUAGE sql STABLE
    SET search_path FROM CURRENT AS $dsm$
    SELECT coalesce(jsonb_agg(l.job_id), '[]') FROM dsm_lease l JOIN jobs j ON j.id = l.job_id
    WHERE l.job_id = ANY (p_jobs) AND l.until IS NOT NULL AND (l.cancel_requested OR j.status = 'cancelled')
$dsm$;

-- Rows of a table by the values of a column, with what tells one version of a row from another.
CREATE OR REPLACE FUNCTION dsm_rows(p_table text, p_column text, p_values text[], p_held boolean) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $dsm$
DECLARE
    kind text;
    got jsonb;
BEGIN
    SELECT format_type(a.atttypid, a.atttypmod) INTO kind FROM pg_attribute a
    WHERE a.attrelid = to_regclass(quote_ident(p_table)) AND a.attname = p_column;
    -- In order, as everybody who locks several rows does it.
    EXECUTE format(
        'SELECT coalesce(jsonb_agg(to_jsonb(x)), ''[]'') FROM (
             SELECT y.*, y.xmin::text AS dsm_version, y.ctid::text AS dsm_place FROM %I y
             WHERE y.%I = ANY ($1::%s[]) ORDER BY y.%I, y.ctid %s) x',
        p_table, p_column, kind, p_column, CASE WHEN p_held THEN 'FOR NO KEY UPDATE OF y' ELSE '' END)
    INTO got USING p_values;
    RETURN got;
END
$dsm$;

-- Lines of locks, as far as it matters who stands there: who holds, the first of those who wait, and those named.
CREATE OR REPLACE FUNCTION dsm_lines(p_keys text[], p_jobs uuid[], p_calls uuid[], p_incarnations uuid[], p_now timestamptz)
    RETURNS jsonb LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $dsm$
    SELECT coalesce(jsonb_agg(to_jsonb(x) ORDER BY x.seq), '[]') FROM (
        SELECT y.*, y.xmin::text AS dsm_version, y.ctid::text AS dsm_place FROM dsm_lock y WHERE y.seq IN (
            SELECT seq FROM dsm_lock WHERE key = ANY (p_keys) AND held
            UNION
            SELECT w.seq FROM unnest(p_keys) k (key) CROSS JOIN LATERAL (
                SELECT seq FROM dsm_lock l WHERE l.key = k.key AND NOT l.held ORDER BY l.seq LIMIT 256) w
            UNION
            SELECT seq FROM dsm_lock WHERE job_id = ANY (p_jobs) OR call_id = ANY (p_calls)
            UNION
            SELECT seq FROM dsm_lock
            WHERE key = ANY (p_keys)
              AND (call_id = ANY (p_calls) OR incarnation = ANY (p_incarnations) OR until <= p_now))) x
$dsm$;

-- All that a decision is made on. p: {jobs, with_parents, with_family, with_below, keys, calls, incarnations,
-- more: [{t, c, v}]}. Parents and families are those of jobs that run by their parts. Of limits the jobs' own shares are
-- read, and a whole line only where it is named.
CREATE OR REPLACE FUNCTION dsm_look(p jsonb, p_now timestamptz, p_held boolean) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $dsm$
DECLARE
    at timestamptz := coalesce(p_now, date_trunc('milliseconds', now()));
    ids uuid[] := ARRAY(SELECT j::uuid FROM jsonb_array_elements_text(p -> 'jobs') j);
    calls uuid[] := ARRAY(SELECT c::uuid FROM jsonb_array_elements_text(p -> 'calls') c);
    incarnations uuid[] := ARRAY(SELECT i::uuid FROM jsonb_array_elements_text(p -> 'incarnations') i);
    above uuid[] := '{}';
    texts text[];
    keys text[];
    one jsonb;
    seen jsonb := '{}';
    more jsonb := '[]';
BEGIN
    IF (p ->> 'with_parents')::boolean OR (p ->> 'with_family')::boolean THEN
        above := ARRAY(
            WITH RECURSIVE up (id) AS (
                SELECT unnest(ids)
                UNION
                SELECT m.id FROM up u JOIN jobs j ON j.id = u.id
                JOIN jobs m ON m.id = j.parent_job_id AND m.dsm_children IS NOT NULL)
            SELECT id FROM up);
    END IF;
    IF (p ->> 'with_family')::boolean OR (p ->> 'with_below')::boolean THEN
        ids := ids || ARRAY(
            WITH RECURSIVE below (id) AS (
                SELECT unnest(CASE WHEN (p ->> 'with_below')::boolean THEN ids || above
                                   ELSE ARRAY(SELECT unnest(above) EXCEPT SELECT unnest(ids)) END)
                UNION
                SELECT j.id FROM jobs j JOIN below b ON j.parent_job_id = b.id)
            SELECT id FROM below);
    END IF;
    ids := ARRAY(SELECT DISTINCT id FROM unnest(ids || above) i (id) ORDER BY id);
    texts := ids::text[];
    keys := ARRAY(
        SELECT k FROM jsonb_array_elements_text(p -> 'keys') k
        UNION SELECT key FROM dsm_lock WHERE (job_id = ANY (ids) OR call_id = ANY (calls)) AND NOT {IS_LIMIT}
        UNION SELECT key FROM dsm_lock WHERE until IS NOT NULL AND incarnation = ANY (incarnations)
        UNION SELECT dsm_lane FROM jobs WHERE id = ANY (ids) AND dsm_lane IS NOT NULL
        ORDER BY 1);
    IF p_held THEN
        -- In one order everywhere; what is read after it is what the one before has left.
        PERFORM pg_advisory_xact_lock(hashtextextended('dsm.lock.' || current_schema() || '.' || g.gate, 0))
        FROM (SELECT DISTINCT CASE WHEN {IS_LIMIT} THEN '{GATE}' ELSE key END COLLATE "C" AS gate
              FROM unnest(keys) k (key) ORDER BY 1) g;
    END IF;
    IF cardinality(ids) > 0 THEN
        seen := jsonb_build_object(
            'jobs', dsm_rows('jobs', 'id', texts, p_held), 'leases', dsm_rows('dsm_lease', 'job_id', texts, p_held),
            'attempts', dsm_rows('dsm_attempt', 'job_id', texts, p_held),
            'tasks', dsm_rows('job_tasks', 'job_id', texts, p_held),
            'steps', dsm_rows('workflow_executions', 'job_id', texts, p_held));
    END IF;
    FOR one IN SELECT m FROM jsonb_array_elements(coalesce(p -> 'more', '[]')) m LOOP
        more := more || jsonb_build_array(dsm_rows(
            one ->> 't', one ->> 'c', ARRAY(SELECT v FROM jsonb_array_elements_text(one -> 'v') v), p_held));
    END LOOP;
    RETURN seen || jsonb_build_object(
        'locks', dsm_lines(keys, ids, calls, incarnations, at),
        'pauses', (SELECT coalesce(jsonb_agg(to_jsonb(y) ORDER BY y.scope, y.name), '[]') FROM dsm_pause y),
        'more', more);
END
$dsm$;

-- What tells one state of all that from another.
CREATE OR REPLACE FUNCTION dsm_tag(seen jsonb) RETURNS text LANGUAGE sql IMMUTABLE SET search_path FROM CURRENT AS $dsm$
    SELECT md5(coalesce(string_agg(found.part || ':' || (line.cells ->> 'dsm_version') || '@' || (line.cells ->> 'dsm_place'),
                                   ',' ORDER BY found.part, line.cells ->> 'dsm_place', line.cells ->> 'dsm_version'), '')
               || (seen -> 'pauses')::text)
    FROM (
        SELECT key AS part, value AS items FROM jsonb_each(seen) WHERE key NOT IN ('more', 'pauses')
        UNION ALL
        SELECT 'more' || place, value FROM jsonb_array_elements(seen -> 'more') WITH ORDINALITY m (value, place)
    ) found CROSS JOIN LATERAL jsonb_array_elements(found.items) line (cells)
$dsm$;

CREATE OR REPLACE FUNCTION dsm_read(p jsonb, p_now timestamptz) RETURNS jsonb LANGUAGE plpgsql VOLATILE
    SET search_path FROM CURRENT AS $dsm$
DECLARE
    seen jsonb := dsm_look(p, p_now, false);
BEGIN
    RETURN seen || jsonb_build_object('tag', dsm_tag(seen),
                                      'now', coalesce(p_now, date_trunc('milliseconds', now())));
END
$dsm$;

-- Carries changes out if all that they were decided on is still as it was read; false: it is not, and nothing was done.
CREATE OR REPLACE FUNCTION dsm_write(p jsonb, p_now timestamptz, p_tag text, p_changes jsonb) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $dsm$
DECLARE
    one jsonb;
    keys text[];
    columns text[];
    same text;
BEGIN
    IF dsm_tag(dsm_look(p, p_now, true)) <> p_tag THEN
        RETURN false;
    END IF;
    FOR one IN SELECT c FROM jsonb_array_elements(p_changes) c LOOP
        keys := ARRAY(SELECT k FROM jsonb_array_elements_text(one -> 'k') k);
        columns := ARRAY(SELECT k FROM jsonb_array_elements_text(one -> 'c') k);
        same := (SELECT string_agg(format('x.%I = r.%I', k, k), ' AND ') FROM unnest(keys) k);
        CASE one ->> 'a'
        WHEN 'insert', 'add', 'upsert' THEN
            EXECUTE format('INSERT INTO %1$I (%2$s) SELECT %3$s FROM jsonb_populate_recordset(NULL::%1$I, $1) r %4$s',
                one ->> 't',
                (SELECT string_agg(quote_ident(k), ', ') FROM unnest(keys || columns) k),
                (SELECT string_agg('r.' || quote_ident(k), ', ') FROM unnest(keys || columns) k),
                CASE one ->> 'a'
                WHEN 'add' THEN format('WHERE NOT EXISTS (SELECT 1 FROM %I x WHERE %s)', one ->> 't', same)
                WHEN 'upsert' THEN format('ON CONFLICT (%s) DO UPDATE SET %s',
                    (SELECT string_agg(quote_ident(k), ', ') FROM unnest(keys) k),
                    (SELECT string_agg(format('%1$I = excluded.%1$I', k), ', ') FROM unnest(columns) k))
                ELSE '' END)
            USING one -> 'r';
        WHEN 'update' THEN
            -- Of details only the keys that are named: what is there is not taken apart below the top level.
            EXECUTE format('UPDATE %1$I x SET %2$s FROM jsonb_populate_recordset(NULL::%1$I, $1) r WHERE %3$s',
                one ->> 't',
                (SELECT string_agg(CASE
                     WHEN k = 'details' AND one ? 'd' THEN
                         'details = (CASE WHEN jsonb_typeof(x.details) = ''object'' THEN x.details ELSE ''{}''::jsonb END
                                     || coalesce(r.details, ''{}'')) - $2'
                     ELSE format('%1$I = r.%1$I', k) END, ', ') FROM unnest(columns) k),
                same)
            USING one -> 'r', ARRAY(SELECT d FROM jsonb_array_elements_text(coalesce(one -> 'd', '[]')) d);
        WHEN 'delete' THEN
            EXECUTE format('DELETE FROM %1$I x USING jsonb_populate_recordset(NULL::%1$I, $1) r WHERE %2$s',
                one ->> 't', same)
            USING one -> 'r';
        END CASE;
    END LOOP;
    RETURN true;
END
$dsm$;

-- Who is held back stands in no line: others pass. Who may be next there is looked at again.
CREATE OR REPLACE FUNCTION dsm_leave_lines(p_types text[], p_lane text) RETURNS void LANGUAGE plpgsql VOLATILE
    SET search_path FROM CURRENT AS $dsm$
DECLARE
    keys text[];
BEGIN
    UPDATE jobs j SET dsm_parked = false
    WHERE j.dsm_parked AND j.status = 'pending' AND (p_types IS NULL OR j.job_type::text = ANY (p_types))
      AND (p_lane IS NULL OR j.dsm_lane = p_lane);
    keys := ARRAY(
        SELECT DISTINCT l.key FROM dsm_lock l JOIN jobs j ON j.id = l.job_id
        WHERE j.status = 'pending' AND (p_types IS NULL OR j.job_type::text = ANY (p_types))
          AND (p_lane IS NULL OR j.dsm_lane = p_lane)
        ORDER BY 1);
    PERFORM pg_advisory_xact_lock(hashtextextended('dsm.lock.' || current_schema() || '.' || k, 0)) FROM unnest(keys) k;
    DELETE FROM dsm_lock l USING jobs j
    WHERE j.id = l.job_id AND l.key = ANY (keys) AND j.status = 'pending'
      AND (p_types IS NULL OR j.job_type::text = ANY (p_types)) AND (p_lane IS NULL OR j.dsm_lane = p_lane);
    UPDATE jobs SET dsm_parked = false WHERE dsm_parked AND id IN (
        SELECT w.job_id FROM unnest(keys) k (key) CROSS JOIN LATERAL (
            SELECT l.job_id FROM dsm_lock l WHERE l.key = k.key AND NOT l.held ORDER BY l.seq LIMIT 16) w);
END
$dsm$;

CREATE OR REPLACE FUNCTION dsm_pause_on(p_scope text, p_name text, p_reason text, p_by text, p_now timestamptz)
    RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $dsm$
DECLARE
    noted jsonb;
BEGIN
    IF p_scope = 'idracs' THEN
        IF NOT EXISTS (SELECT 1 FROM activity_settings) THEN
            INSERT INTO activity_settings DEFAULT VALUES ON CONFLICT DO NOTHING;
        END IF;
        UPDATE activity_settings SET pause_idrac_operations = true WHERE NOT pause_idrac_operations;
    END IF;
    INSERT INTO dsm_pause AS p (scope, name, reason, paused_by, since)
    VALUES (p_scope, p_name, p_reason, p_by, coalesce(p_now, date_trunc('milliseconds', now())))
    ON CONFLICT (scope, name) DO UPDATE SET reason = excluded.reason, paused_by = excluded.paused_by
    RETURNING to_jsonb(p) INTO noted;
    IF p_scope = 'lane' THEN
        -- Who is about to be let in there is let in before, or finds it paused.
        PERFORM pg_advisory_xact_lock(hashtextextended('dsm.lock.' || current_schema() || '.' || p_name, 0));
    END IF;
    IF p_scope <> 'idracs' THEN
        PERFORM dsm_leave_lines(CASE WHEN p_scope = 'job_type' THEN ARRAY[p_name] END,
                                CASE WHEN p_scope = 'lane' THEN p_name END);
    END IF;
    RETURN noted;
END
$dsm$;

CREATE OR REPLACE FUNCTION dsm_pause_off(p_scope text, p_name text) RETURNS boolean LANGUAGE plpgsql VOLATILE
    SET search_path FROM CURRENT AS $dsm$
DECLARE
    was boolean;
BEGIN
    DELETE FROM dsm_pause WHERE scope = p_scope AND name = p_name;
    was := FOUND;
    IF p_scope = 'idracs' THEN
        UPDATE activity_settings SET pause_idrac_operations = false WHERE pause_idrac_operations;
        was := FOUND;
    ELSIF p_scope = 'lane' THEN
        UPDATE jobs SET dsm_parked = false WHERE dsm_parked AND dsm_lane = p_name;
    END IF;
    RETURN was;
END
$dsm$;

-- Another program may have changed the setting: claims are where that is seen.
CREATE OR REPLACE FUNCTION dsm_meet_setting(p_gated text[], p_now timestamptz) RETURNS void LANGUAGE plpgsql VOLATILE
    SET search_path FROM CURRENT AS $dsm$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM activity_settings WHERE pause_idrac_operations) THEN
        DELETE FROM dsm_pause WHERE scope = 'idracs';
        RETURN;
    END IF;
    INSERT INTO dsm_pause (scope, name, since, job_types)
    VALUES ('idracs', '', coalesce(p_now, date_trunc('milliseconds', now())), p_gated)
    ON CONFLICT (scope, name) DO UPDATE SET
        job_types = ARRAY(SELECT unnest(dsm_pause.job_types) UNION SELECT unnest(excluded.job_types));
    PERFORM dsm_leave_lines(p_gated, NULL);
END
$dsm$;

CREATE OR REPLACE FUNCTION dsm_due_before(uuid, text[], bigint) RETURNS bigint LANGUAGE sql STABLE
    SET search_path FROM CURRENT AS $dsm${DUE_BEFORE}$dsm$;

CREATE OR REPLACE FUNCTION dsm_count_before(p_job uuid, p_held_back text[], p_most bigint)
    RETURNS bigint LANGUAGE sql STABLE SET search_path FROM CURRENT AS $dsm$
    SELECT dsm_due_before(p_job, p_held_back, p_most)
$dsm$;

CREATE OR REPLACE FUNCTION dsm_prune_over(timestamptz, bigint) RETURNS SETOF uuid LANGUAGE sql VOLATILE
    SET search_path FROM CURRENT AS $dsm${OVER}$dsm$;

CREATE OR REPLACE FUNCTION dsm_prune_childless(uuid[]) RETURNS SETOF uuid LANGUAGE sql VOLATILE
    SET search_path FROM CURRENT AS $dsm${CHILDLESS}$dsm$;

CREATE OR REPLACE FUNCTION dsm_prune_health(timestamptz, bigint) RETURNS bigint LANGUAGE sql VOLATILE
    SET search_path FROM CURRENT AS $dsm$
    WITH gone AS ({OLD_HEALTH} RETURNING 1) SELECT count(*) FROM gone
$dsm$;

CREATE OR REPLACE FUNCTION dsm_prune_old_health(p_before timestamptz, p_most bigint) RETURNS bigint LANGUAGE sql VOLATILE
    SET search_path FROM CURRENT AS $dsm$
    SELECT dsm_prune_health(p_before, p_most)
$dsm$;

-- Whole families go in one batch: a job once none is part of it any more.
CREATE OR REPLACE FUNCTION dsm_prune_jobs(p_before timestamptz, p_most bigint) RETURNS jsonb LANGUAGE plpgsql VOLATILE
    SET search_path FROM CURRENT AS $dsm$
DECLARE
    ended uuid[];
    job uuid;
    went bigint;
    jobs_gone bigint := 0;
    tasks_gone bigint := 0;
    attempts_gone bigint := 0;
    steps_gone bigint := 0;
    keys_gone bigint := 0;
    has_more boolean := false;
BEGIN
    <<batches>> LOOP
        ended := ARRAY(SELECT dsm_prune_over(p_before, greatest(p_most, 1)));
        ended := ARRAY(SELECT dsm_prune_childless(ended));
        EXIT WHEN cardinality(ended) = 0;
        FOREACH job IN ARRAY ended LOOP
            IF jobs_gone + tasks_gone + attempts_gone + steps_gone + keys_gone >= p_most THEN
                has_more := true;
                EXIT batches;
            END IF;
            -- In tables that others made this reference keeps the job.
            UPDATE servers SET discovery_job_id = NULL WHERE discovery_job_id = job;
            DELETE FROM job_tasks WHERE job_id = job; GET DIAGNOSTICS went = ROW_COUNT; tasks_gone := tasks_gone + went;
            DELETE FROM dsm_attempt WHERE job_id = job; GET DIAGNOSTICS went = ROW_COUNT;
            attempts_gone := attempts_gone + went;
            DELETE FROM workflow_executions WHERE job_id = job; GET DIAGNOSTICS went = ROW_COUNT;
            steps_gone := steps_gone + went;
            DELETE FROM dsm_idempotency WHERE job_id = job; GET DIAGNOSTICS went = ROW_COUNT;
            keys_gone := keys_gone + went;
            DELETE FROM jobs WHERE id = job; GET DIAGNOSTICS went = ROW_COUNT; jobs_gone := jobs_gone + went;
        END LOOP;
    END LOOP;
    RETURN jsonb_build_object('jobs', jobs_gone, 'tasks', tasks_gone, 'attempts', attempts_gone, 'steps', steps_gone,
                              'keys', keys_gone, 'has_more', has_more);
END
$dsm$;

CREATE OR REPLACE FUNCTION dsm_prune_activity(p_before timestamptz, p_most bigint) RETURNS bigint LANGUAGE sql VOLATILE
    SET search_path FROM CURRENT AS $dsm$
    WITH gone AS (
        DELETE FROM idrac_commands WHERE id = ANY (ARRAY(
            SELECT id FROM idrac_commands WHERE timestamp < p_before LIMIT p_most)) RETURNING 1)
    SELECT count(*) FROM gone
$dsm$;

-- The store's clock, and ways in which a database that others made differs from one of ours.
CREATE OR REPLACE FUNCTION dsm_hello(p_now timestamptz) RETURNS jsonb LANGUAGE sql STABLE
    SET search_path FROM CURRENT AS $dsm$
    SELECT jsonb_build_object(
        'now', coalesce(p_now, date_trunc('milliseconds', now())),
        'functions', (SELECT convert_from(value, 'UTF8') FROM dsm_meta WHERE key = 'functions'),
        'is_adopted', EXISTS (SELECT 1 FROM dsm_meta WHERE key = 'adopted'),
        'has_firmware_history', NOT EXISTS (
            SELECT 1 FROM pg_index i
            WHERE i.indrelid = 'server_firmware_inventory'::regclass AND i.indisunique
              AND (SELECT array_agg(c.attname::text ORDER BY c.attname) FROM pg_attribute c
                   WHERE c.attrelid = i.indrelid AND c.attnum = ANY (i.indkey)) = ARRAY['component_id', 'server_id']))
$dsm$;

-- Nobody but the service role: by default a function is everybody's, and on Supabase a new table is, too.
DO $dsm$
DECLARE
    thing text;
    role text;
BEGIN
    FOR thing IN
        SELECT 'FUNCTION ' || p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = current_schema() AND p.proname LIKE 'dsm\_%'
        UNION ALL
        SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || c.oid::regclass
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = current_schema() AND c.relname LIKE 'dsm\_%' AND c.relkind IN ('r', 'S')
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', thing);
        FOREACH role IN ARRAY ARRAY['anon', 'authenticated', 'service_role'] LOOP
            CONTINUE WHEN NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = role);
            EXECUTE format('REVOKE ALL ON %s FROM %I', thing, role);
            IF role = 'service_role' THEN
                EXECUTE format('GRANT ALL ON %s TO %I', thing, role);
            END IF;
        END LOOP;
    END LOOP;
END
$dsm$;

-- PostgREST looks at the schema anew.
NOTIFY pgrst, 'reload schema'
