-- Limits of jobs at work.

-- dsm_lane_among: so many may share the lane, 0 for one alone. dsm_address: where the job works, for the limit of the
-- subnet. dsm_waits: of a parked job that a limit held back, its type and limits, a line each.
ALTER TABLE jobs ADD COLUMN dsm_lane_among INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN dsm_address TEXT;
ALTER TABLE jobs ADD COLUMN dsm_waits TEXT;

-- Claims read the first few of each class here, once there is room for it.
CREATE INDEX jobs_waiting ON jobs (dsm_waits, priority_rank, due_at, created_at)
    WHERE status = 'pending' AND dsm_parked = 1 AND dsm_waits IS NOT NULL;

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
