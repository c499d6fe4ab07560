-- Pauses, the runs of a job, and what executors say of themselves.

-- scope: all, idracs, job_type or lane; the last two have a name. idracs stands beside
-- activity_settings.pause_idrac_operations, which decides; job_types: those that left their lines because of it.
CREATE TABLE dsm_pause (
    scope     text NOT NULL CHECK (scope IN ('all', 'idracs', 'job_type', 'lane')),
    name      text NOT NULL,
    reason    text,
    paused_by text,
    since     timestamptz NOT NULL,
    job_types text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (scope, name)
);
ALTER TABLE activity_settings ADD COLUMN IF NOT EXISTS pause_idrac_operations boolean NOT NULL DEFAULT false;

-- How long things are kept: columns that a database of somebody else's may lack.
ALTER TABLE activity_settings
    ADD COLUMN IF NOT EXISTS log_retention_days bigint NOT NULL DEFAULT 30,
    ADD COLUMN IF NOT EXISTS auto_cleanup_enabled boolean NOT NULL DEFAULT true,
    ADD COLUMN IF NOT EXISTS last_cleanup_at timestamptz,
    ADD COLUMN IF NOT EXISTS job_retention_days bigint NOT NULL DEFAULT 90,
    ADD COLUMN IF NOT EXISTS job_auto_cleanup_enabled boolean NOT NULL DEFAULT true,
    ADD COLUMN IF NOT EXISTS job_last_cleanup_at timestamptz,
    ADD COLUMN IF NOT EXISTS stale_pending_hours bigint NOT NULL DEFAULT 24,
    ADD COLUMN IF NOT EXISTS stale_running_hours bigint NOT NULL DEFAULT 48,
    ADD COLUMN IF NOT EXISTS auto_cancel_stale_jobs boolean NOT NULL DEFAULT true;

-- Named documents of ours: schedules, where they stand, maintenance windows. An edit names the revision it goes by.
CREATE TABLE dsm_entry (
    kind     text NOT NULL,
    name     text NOT NULL,
    revision bigint NOT NULL,
    body     jsonb NOT NULL,
    PRIMARY KEY (kind, name)
);

-- run: 1, and one more for each explicit retry of the job.
ALTER TABLE jobs ADD COLUMN dsm_run integer NOT NULL DEFAULT 1;
ALTER TABLE dsm_attempt ADD COLUMN run integer NOT NULL DEFAULT 1;
ALTER TABLE workflow_executions ADD COLUMN dsm_run integer NOT NULL DEFAULT 1;

-- Those that a pause that ends may let go.
CREATE INDEX dsm_jobs_parked ON jobs (dsm_lane) WHERE dsm_parked;

-- job_types: of its last claim. alive_until: as long as its leases would last.
ALTER TABLE dsm_executor ADD COLUMN job_types text[], ADD COLUMN alive_until timestamptz;

-- Rows come in about the order of their times: this index is next to nothing, and leads to the old ones.
CREATE INDEX dsm_idrac_commands_time ON idrac_commands USING brin (timestamp);

-- Looked up as a job goes.
CREATE INDEX IF NOT EXISTS servers_discovery_job ON servers (discovery_job_id) WHERE discovery_job_id IS NOT NULL;
