-- Our own tables (dsm_*) and indexes, beside tables of the existing names whoever made those.

-- dsm_lane: the lock a job needs before it may run. dsm_parked: others are before it there, and no claim looks at it.
ALTER TABLE jobs ADD COLUMN dsm_lane text, ADD COLUMN dsm_parked boolean NOT NULL DEFAULT false;

-- Claims read this one: one short range for each of the four ranks.
CREATE INDEX dsm_jobs_claimable ON jobs (
    (CASE priority WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'low' THEN 3 ELSE 2 END),
    (coalesce(schedule_at, created_at)),
    created_at,
    id
) WHERE status = 'pending' AND parent_job_id IS NULL AND NOT dsm_parked;
-- Whether a claim has to look at lanes at all.
CREATE INDEX dsm_jobs_laned ON jobs ((coalesce(schedule_at, created_at)))
    WHERE status = 'pending' AND parent_job_id IS NULL AND NOT dsm_parked AND dsm_lane IS NOT NULL;
CREATE INDEX dsm_jobs_parent ON jobs (parent_job_id) WHERE parent_job_id IS NOT NULL;
CREATE INDEX dsm_jobs_status ON jobs (status, created_at);
CREATE INDEX dsm_job_tasks_job ON job_tasks (job_id);
CREATE INDEX dsm_workflow_executions_job ON workflow_executions (job_id, step_number);

-- Processes that run jobs. server_epoch: when the server that keeps its lock was started; NULL: it has no lock.
CREATE TABLE dsm_executor (
    incarnation   uuid PRIMARY KEY,
    id            text NOT NULL,
    server_epoch  timestamptz,
    registered_at timestamptz NOT NULL,
    beat_at       timestamptz NOT NULL
);

-- A fence is never given twice, whatever is rolled back or pruned.
CREATE SEQUENCE dsm_fence;

-- One row a job that was ever claimed. until IS NOT NULL: somebody holds it.
-- fence: of the last attempt. attempt: attempts that count. orphaned: orphanings in a row. ticket: the claim that won it.
CREATE TABLE dsm_lease (
    job_id           uuid PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    fence            bigint NOT NULL,
    attempt          integer NOT NULL,
    orphaned         integer NOT NULL DEFAULT 0,
    executor         text,
    incarnation      uuid,
    ticket           uuid,
    until            timestamptz,
    cancel_requested boolean NOT NULL DEFAULT false,
    cancel_reason    text,
    checkpoint       bytea
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX dsm_lease_held ON dsm_lease (until) WHERE until IS NOT NULL;
CREATE INDEX dsm_lease_orphaned ON dsm_lease (orphaned) WHERE orphaned > 0;

CREATE TABLE dsm_attempt (
    fence       bigint PRIMARY KEY,
    job_id      uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    number      integer NOT NULL,
    executor    text NOT NULL,
    incarnation uuid NOT NULL,
    started_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    outcome     text CHECK (outcome IN ('completed', 'failed', 'cancelled', 'retry', 'released', 'orphaned')),
    error       text
) WITH (fillfactor = 80);
CREATE INDEX dsm_attempt_job ON dsm_attempt (job_id, fence);

-- One row a lock held or wanted, in the order of asking. most: so many may hold it, 0 for one alone.
-- Of a job (over all its attempts) or of a call, which has until.
CREATE TABLE dsm_lock (
    seq         bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    key         text NOT NULL,
    job_id      uuid REFERENCES jobs (id) ON DELETE CASCADE,
    call_id     uuid,
    most        bigint NOT NULL,
    held        boolean NOT NULL,
    label       text NOT NULL,
    executor    text,
    incarnation uuid,
    since       timestamptz NOT NULL,
    until       timestamptz,
    CHECK ((job_id IS NULL) <> (call_id IS NULL))
);
CREATE UNIQUE INDEX dsm_lock_job ON dsm_lock (job_id, key) WHERE job_id IS NOT NULL;
CREATE UNIQUE INDEX dsm_lock_call ON dsm_lock (call_id, key) WHERE call_id IS NOT NULL;
CREATE INDEX dsm_lock_line ON dsm_lock (key, held, seq);
CREATE INDEX dsm_lock_until ON dsm_lock (until) WHERE until IS NOT NULL;

CREATE TABLE dsm_idempotency (
    key    text PRIMARY KEY,
    job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE
);
CREATE INDEX dsm_idempotency_job ON dsm_idempotency (job_id);

-- body: {"<odata id>": <resource>, …}, an LZ4 frame: nothing for the server to compress again.
CREATE TABLE dsm_inventory_document (
    server_id    uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    section      text NOT NULL,
    collected_at timestamptz NOT NULL,
    complete     boolean NOT NULL,
    body         bytea NOT NULL,
    PRIMARY KEY (server_id, section)
);
ALTER TABLE dsm_inventory_document ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE dsm_pin (
    host       text PRIMARY KEY,
    sha256     text NOT NULL,
    first_seen timestamptz NOT NULL
);

-- Sessions that may be open on an iDRAC. Never a token.
CREATE TABLE dsm_session (
    id          uuid PRIMARY KEY,
    host        text NOT NULL,
    username    text NOT NULL,
    location    text,
    opened_at   timestamptz NOT NULL,
    incarnation uuid NOT NULL
);
