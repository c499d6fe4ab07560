-- Limits of jobs at work.

-- dsm_lane_among: so many may share the lane, 0 for one alone. dsm_address: where the job works, for the limit of the
-- subnet. dsm_waits: of a parked job that a limit held back, its type and limits, a line each.
ALTER TABLE jobs ADD COLUMN dsm_lane_among bigint NOT NULL DEFAULT 0, ADD COLUMN dsm_address text,
    ADD COLUMN dsm_waits text;

-- Claims read the first few of each class here, once there is room for it.
CREATE INDEX dsm_jobs_waiting ON jobs (
    dsm_waits,
    (CASE priority WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'low' THEN 3 ELSE 2 END),
    (coalesce(schedule_at, created_at)),
    created_at,
    id
) WHERE status = 'pending' AND dsm_parked AND dsm_waits IS NOT NULL;

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
