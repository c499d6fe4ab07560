-- Turns, parts and limits of jobs; heartbeats of executors.

-- dsm_turn: where a pending job that is due stands among the others; NULL until a claim has seen that it is due.
-- dsm_children: the job runs by its parts; what becomes of those to come when one fails. dsm_ready: of such jobs and their
-- parts, whether it is its turn; NULL of all others.
-- dsm_lane_among: so many may share the lane, 0 for one alone. dsm_address: where the job works, for the limit of the
-- subnet. dsm_waits: of a parked job that a limit held back, its type and limits, a line each.
ALTER TABLE jobs ADD COLUMN dsm_turn timestamptz, ADD COLUMN dsm_children text CHECK (dsm_children IN ('stop', 'continue')),
    ADD COLUMN dsm_ready boolean, ADD COLUMN dsm_lane_among bigint NOT NULL DEFAULT 0, ADD COLUMN dsm_address text,
    ADD COLUMN dsm_waits text;

DROP INDEX dsm_jobs_claimable, dsm_jobs_laned;
CREATE INDEX dsm_jobs_claimable ON jobs (
    (CASE priority WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'low' THEN 3 ELSE 2 END),
    dsm_turn,
    created_at,
    id
) WHERE status = 'pending' AND dsm_turn IS NOT NULL AND NOT dsm_parked;
-- Whether a claim has to look at lanes at all.
CREATE INDEX dsm_jobs_laned ON jobs (dsm_turn)
    WHERE status = 'pending' AND dsm_turn IS NOT NULL AND NOT dsm_parked AND dsm_lane IS NOT NULL;
-- Those that have no turn yet. What is part of another job gets one only where it is run by us.
CREATE INDEX dsm_jobs_coming ON jobs ((coalesce(schedule_at, created_at)), created_at)
    WHERE status = 'pending' AND dsm_turn IS NULL AND coalesce(dsm_ready, parent_job_id IS NULL);
-- Claims read the first few of each class here, once there is room for it.
CREATE INDEX dsm_jobs_waiting ON jobs (
    dsm_waits,
    (CASE priority WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'low' THEN 3 ELSE 2 END),
    dsm_turn,
    created_at,
    id
) WHERE status = 'pending' AND dsm_parked AND dsm_waits IS NOT NULL;
CREATE INDEX dsm_jobs_open_parts ON jobs (parent_job_id, component_order)
    WHERE parent_job_id IS NOT NULL AND status IN ('pending', 'running');

-- What front ends read of executors.
CREATE TABLE IF NOT EXISTS executor_heartbeats (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    executor_id    text NOT NULL UNIQUE,
    hostname       text,
    ip_address     text,
    version        text,
    last_seen_at   timestamptz NOT NULL,
    poll_count     bigint,
    jobs_processed bigint,
    startup_time   timestamptz,
    last_error     text,
    capabilities   jsonb NOT NULL DEFAULT '[]'
);
