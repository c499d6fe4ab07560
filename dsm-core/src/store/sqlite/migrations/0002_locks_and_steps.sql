-- Locks, lanes and steps. dsm_lane: the lock a job needs before it may run. dsm_parked: others are before it there, and
-- no claim looks at it.

ALTER TABLE jobs ADD COLUMN dsm_lane TEXT;
ALTER TABLE jobs ADD COLUMN dsm_parked INTEGER NOT NULL DEFAULT 0;
DROP INDEX jobs_claimable;
CREATE INDEX jobs_claimable ON jobs (priority_rank, due_at, created_at)
    WHERE status = 'pending' AND parent_job_id IS NULL AND dsm_parked = 0;

-- One row a lock held or wanted, in the order of asking. most: so many may hold it, 0 for one alone.
-- Of a job (over all its attempts) or of a call, which has until.
CREATE TABLE dsm_lock (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    key         TEXT NOT NULL,
    job_id      TEXT REFERENCES jobs (id) ON DELETE CASCADE,
    call_id     TEXT,
    most        INTEGER NOT NULL,
    held        INTEGER NOT NULL,
    label       TEXT NOT NULL,
    executor    TEXT,
    incarnation TEXT,
    since       TEXT NOT NULL,
    until       TEXT,
    CHECK ((job_id IS NULL) <> (call_id IS NULL))
);
CREATE UNIQUE INDEX dsm_lock_job ON dsm_lock (job_id, key) WHERE job_id IS NOT NULL;
CREATE UNIQUE INDEX dsm_lock_call ON dsm_lock (call_id, key) WHERE call_id IS NOT NULL;
CREATE INDEX dsm_lock_line ON dsm_lock (key, held, seq);
CREATE INDEX dsm_lock_until ON dsm_lock (until) WHERE until IS NOT NULL;

-- Steps of jobs, in the words of the existing database: step_status running is begun, completed is done. step_details:
-- {"note": …, "result": …}.
CREATE TABLE workflow_executions (
    id                TEXT PRIMARY KEY NOT NULL,
    job_id            TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    workflow_type     TEXT NOT NULL,
    cluster_id        TEXT,
    host_id           TEXT,
    server_id         TEXT,
    step_number       INTEGER NOT NULL,
    step_name         TEXT NOT NULL,
    step_status       TEXT NOT NULL
                      CHECK (step_status IN ('pending', 'running', 'completed', 'failed', 'skipped')),
    step_started_at   TEXT,
    step_completed_at TEXT,
    step_details      TEXT CHECK (step_details IS NULL OR json_valid(step_details)),
    step_error        TEXT,
    created_at        TEXT NOT NULL
);
CREATE INDEX workflow_executions_job ON workflow_executions (job_id, step_number);
