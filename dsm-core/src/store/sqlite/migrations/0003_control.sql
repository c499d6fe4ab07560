-- Pauses, the runs of a job, and what executors say of themselves.

-- scope: all, idracs, job_type or lane; the last two have a name. idracs stands beside
-- activity_settings.pause_idrac_operations, which decides; job_types: those that left their lines because of it.
CREATE TABLE dsm_pause (
    scope     TEXT NOT NULL CHECK (scope IN ('all', 'idracs', 'job_type', 'lane')),
    name      TEXT NOT NULL,
    reason    TEXT,
    paused_by TEXT,
    since     TEXT NOT NULL,
    job_types TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(job_types)),
    PRIMARY KEY (scope, name)
) WITHOUT ROWID;

-- Named documents of ours: schedules, where they stand, maintenance windows. An edit names the revision it goes by.
CREATE TABLE dsm_entry (
    kind     TEXT NOT NULL,
    name     TEXT NOT NULL,
    revision INTEGER NOT NULL,
    body     TEXT NOT NULL CHECK (json_valid(body)),
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;

-- run: 1, and one more for each explicit retry of the job.
ALTER TABLE jobs ADD COLUMN dsm_run INTEGER NOT NULL DEFAULT 1;
ALTER TABLE dsm_attempt ADD COLUMN run INTEGER NOT NULL DEFAULT 1;
ALTER TABLE workflow_executions ADD COLUMN dsm_run INTEGER NOT NULL DEFAULT 1;

-- Those that a pause that ends may let go.
CREATE INDEX jobs_parked ON jobs (dsm_lane) WHERE dsm_parked = 1;

-- job_types: of its last claim. alive_until: as long as its leases would last.
ALTER TABLE dsm_executor ADD COLUMN job_types TEXT;
ALTER TABLE dsm_executor ADD COLUMN alive_until TEXT;
