-- Turns, parts and limits of jobs; heartbeats of executors.

-- dsm_turn: where a pending job that is due stands among the others; NULL until a claim has seen that it is due.
ALTER TABLE jobs ADD COLUMN dsm_turn TEXT;
-- dsm_children: the job runs by its parts; what becomes of those to come when one fails. dsm_ready: of such jobs and their
-- parts, whether it is its turn; NULL of all others.
ALTER TABLE jobs ADD COLUMN dsm_children TEXT CHECK (dsm_children IN ('stop', 'continue'));
ALTER TABLE jobs ADD COLUMN dsm_ready INTEGER;
-- dsm_lane_among: so many may share the lane, 0 for one alone. dsm_address: where the job works, for the limit of the
-- subnet. dsm_waits: of a parked job that a limit held back, its type and limits, a line each.
ALTER TABLE jobs ADD COLUMN dsm_lane_among INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN dsm_address TEXT;
ALTER TABLE jobs ADD COLUMN dsm_waits TEXT;

DROP INDEX jobs_claimable;
CREATE INDEX jobs_claimable ON jobs (priority_rank, dsm_turn, created_at)
    WHERE status = 'pending' AND dsm_turn IS NOT NULL AND dsm_parked = 0;
-- Those that have no turn yet. What is part of another job gets one only where it is run by us.
CREATE INDEX jobs_coming ON jobs (due_at, created_at)
    WHERE status = 'pending' AND dsm_turn IS NULL AND coalesce(dsm_ready, parent_job_id IS NULL);
-- Claims read the first few of each class here, once there is room for it.
CREATE INDEX jobs_waiting ON jobs (dsm_waits, priority_rank, dsm_turn, created_at)
    WHERE status = 'pending' AND dsm_parked = 1 AND dsm_waits IS NOT NULL;
CREATE INDEX jobs_open_parts ON jobs (parent_job_id, component_order)
    WHERE parent_job_id IS NOT NULL AND status IN ('pending', 'running');

-- What front ends read of executors.
CREATE TABLE executor_heartbeats (
    id             TEXT PRIMARY KEY NOT NULL,
    executor_id    TEXT NOT NULL UNIQUE,
    hostname       TEXT,
    ip_address     TEXT,
    version        TEXT,
    last_seen_at   TEXT NOT NULL,
    poll_count     INTEGER,
    jobs_processed INTEGER,
    startup_time   TEXT,
    last_error     TEXT,
    capabilities   TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(capabilities))
);
