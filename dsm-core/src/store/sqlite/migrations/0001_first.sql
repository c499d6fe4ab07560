-- The tables of the existing database, by its names, as far as dsm uses them, and our own beside them (dsm_*).
--
-- uuid: TEXT, lower case with hyphens. Time: TEXT, RFC 3339, UTC, milliseconds, `Z`: text order is time order.
-- jsonb: TEXT that is valid JSON. Boolean: INTEGER 0 or 1. NULL: not known.

CREATE TABLE profiles (
    id         TEXT PRIMARY KEY NOT NULL,
    email      TEXT,
    full_name  TEXT,
    role       TEXT,
    created_at TEXT NOT NULL
);

CREATE TABLE credential_sets (
    id                 TEXT PRIMARY KEY NOT NULL,
    name               TEXT NOT NULL UNIQUE,
    credential_type    TEXT NOT NULL DEFAULT 'idrac' CHECK (credential_type IN ('idrac', 'esxi', 'vcenter')),
    username           TEXT NOT NULL,
    password_encrypted TEXT,
    is_default         INTEGER NOT NULL DEFAULT 0,
    priority           INTEGER NOT NULL DEFAULT 100,
    description        TEXT,
    vcenter_host_id    TEXT,
    created_at         TEXT NOT NULL,
    updated_at         TEXT NOT NULL
);

CREATE TABLE credential_ip_ranges (
    id                TEXT PRIMARY KEY NOT NULL,
    credential_set_id TEXT NOT NULL REFERENCES credential_sets (id) ON DELETE CASCADE,
    ip_range          TEXT NOT NULL,
    priority          INTEGER NOT NULL DEFAULT 100,
    description       TEXT,
    created_at        TEXT NOT NULL,
    updated_at        TEXT NOT NULL
);
CREATE INDEX credential_ip_ranges_set ON credential_ip_ranges (credential_set_id);

-- Claims read jobs_claimable: one short range for each of the four ranks. What is written often compares one by one: for
-- IN with more than two SQLite fills a table of its own each time.
CREATE TABLE jobs (
    id                  TEXT PRIMARY KEY NOT NULL,
    job_type            TEXT NOT NULL,
    status              TEXT NOT NULL DEFAULT 'pending'
                        CHECK (status = 'pending' OR status = 'running' OR status = 'completed' OR status = 'failed'
                               OR status = 'cancelled'),
    target_scope        TEXT CHECK (target_scope IS NULL OR json_valid(target_scope)),
    details             TEXT CHECK (details IS NULL OR json_valid(details)),
    created_by          TEXT REFERENCES profiles (id) ON DELETE SET NULL,
    credential_set_ids  TEXT CHECK (credential_set_ids IS NULL OR json_valid(credential_set_ids)),
    priority            TEXT NOT NULL DEFAULT 'normal',
    schedule_at         TEXT,
    created_at          TEXT NOT NULL,
    started_at          TEXT,
    completed_at        TEXT,
    parent_job_id       TEXT REFERENCES jobs (id) ON DELETE CASCADE,
    component_order     INTEGER,
    notes               TEXT,
    firmware_source     TEXT,
    dell_catalog_url    TEXT,
    auto_select_latest  INTEGER,
    priority_rank       INTEGER GENERATED ALWAYS AS
                        (CASE priority WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'low' THEN 3 ELSE 2 END) VIRTUAL,
    due_at              TEXT GENERATED ALWAYS AS (coalesce(schedule_at, created_at)) VIRTUAL
);
CREATE INDEX jobs_claimable ON jobs (priority_rank, due_at, created_at)
    WHERE status = 'pending' AND parent_job_id IS NULL;
CREATE INDEX jobs_parent ON jobs (parent_job_id) WHERE parent_job_id IS NOT NULL;
-- Leads to the oldest that are over.
CREATE INDEX jobs_ended ON jobs (created_at) WHERE status = 'completed' OR status = 'failed' OR status = 'cancelled';

CREATE TABLE job_tasks (
    id              TEXT PRIMARY KEY NOT NULL,
    job_id          TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    server_id       TEXT,
    vcenter_host_id TEXT,
    status          TEXT NOT NULL DEFAULT 'pending'
                    CHECK (status = 'pending' OR status = 'running' OR status = 'completed' OR status = 'failed'
                           OR status = 'cancelled'),
    log             TEXT,
    progress        INTEGER NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    started_at      TEXT,
    completed_at    TEXT,
    created_at      TEXT NOT NULL
);
CREATE INDEX job_tasks_job ON job_tasks (job_id);

-- ip_address may be NULL: its server was found elsewhere, or another one answers there now.
CREATE TABLE servers (
    id                              TEXT PRIMARY KEY NOT NULL,
    ip_address                      TEXT UNIQUE,
    hostname                        TEXT,
    idrac_hostname                  TEXT,
    service_tag                     TEXT UNIQUE,
    manufacturer                    TEXT,
    model                           TEXT,
    product_name                    TEXT,
    redfish_version                 TEXT,
    idrac_firmware                  TEXT,
    bios_version                    TEXT,
    manager_mac_address             TEXT,
    cpu_model                       TEXT,
    cpu_speed                       TEXT,
    cpu_count                       INTEGER,
    cpu_cores_per_socket            INTEGER,
    memory_gb                       INTEGER,
    total_drives                    INTEGER,
    total_storage_tb                REAL,
    gpu_count                       INTEGER,
    secure_boot                     TEXT,
    virtualization_enabled          INTEGER,
    boot_mode                       TEXT,
    boot_order                      TEXT CHECK (boot_order IS NULL OR json_valid(boot_order)),
    boot_source_override_enabled    TEXT,
    boot_source_override_target     TEXT,
    supported_endpoints             TEXT CHECK (supported_endpoints IS NULL OR json_valid(supported_endpoints)),
    requires_legacy_ssl             INTEGER,
    power_state                     TEXT,
    overall_health                  TEXT,
    connection_status               TEXT CHECK (connection_status IN ('online', 'offline', 'unknown')),
    connection_error                TEXT,
    credential_test_status          TEXT CHECK (credential_test_status IN ('valid', 'invalid', 'unknown')),
    credential_set_id               TEXT REFERENCES credential_sets (id) ON DELETE SET NULL,
    discovered_by_credential_set_id TEXT REFERENCES credential_sets (id) ON DELETE SET NULL,
    idrac_username                  TEXT,
    idrac_password_encrypted        TEXT,
    discovery_job_id                TEXT REFERENCES jobs (id) ON DELETE SET NULL,
    vcenter_host_id                 TEXT,
    notes                           TEXT,
    last_seen                       TEXT,
    last_connection_test            TEXT,
    last_health_check               TEXT,
    last_boot_config_check          TEXT,
    credential_last_tested          TEXT,
    last_idrac_sync                 TEXT,
    created_at                      TEXT NOT NULL,
    updated_at                      TEXT NOT NULL,
    -- The other spelling of three columns.
    discovered_username             TEXT GENERATED ALWAYS AS (idrac_username) VIRTUAL,
    discovered_password_encrypted   TEXT GENERATED ALWAYS AS (idrac_password_encrypted) VIRTUAL,
    health_status                   TEXT GENERATED ALWAYS AS (overall_health) VIRTUAL
);
-- Foreign keys are looked up here when a credential set or a job goes.
CREATE INDEX servers_credential_set ON servers (credential_set_id) WHERE credential_set_id IS NOT NULL;
CREATE INDEX servers_discovered_by ON servers (discovered_by_credential_set_id)
    WHERE discovered_by_credential_set_id IS NOT NULL;
CREATE INDEX servers_discovery_job ON servers (discovery_job_id) WHERE discovery_job_id IS NOT NULL;

CREATE TABLE server_drives (
    server_id                TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    drive_identifier         TEXT NOT NULL,
    name                     TEXT,
    manufacturer             TEXT,
    model                    TEXT,
    serial_number            TEXT,
    last_known_serial_number TEXT,
    part_number              TEXT,
    media_type               TEXT,
    protocol                 TEXT,
    capacity_bytes           INTEGER,
    capacity_gb              REAL,
    slot                     TEXT,
    enclosure                TEXT,
    controller               TEXT,
    health                   TEXT,
    status                   TEXT,
    predicted_failure        INTEGER,
    life_remaining_percent   INTEGER,
    firmware_version         TEXT,
    rotation_speed_rpm       INTEGER,
    capable_speed_gbps       REAL,
    volume_id                TEXT,
    volume_name              TEXT,
    raid_level               TEXT,
    wwn                      TEXT,
    failed_at                TEXT,
    first_seen_at            TEXT NOT NULL,
    last_sync                TEXT NOT NULL,
    PRIMARY KEY (server_id, drive_identifier)
) WITHOUT ROWID;

CREATE TABLE server_nics (
    server_id               TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    fqdd                    TEXT NOT NULL,
    name                    TEXT,
    description             TEXT,
    mac_address             TEXT,
    permanent_mac_address   TEXT,
    manufacturer            TEXT,
    model                   TEXT,
    serial_number           TEXT,
    part_number             TEXT,
    firmware_version        TEXT,
    port_id                 TEXT,
    link_status             TEXT,
    current_speed_mbps      INTEGER,
    max_speed_mbps          INTEGER,
    health                  TEXT,
    status                  TEXT,
    switch_connection_id    TEXT,
    switch_port_description TEXT,
    last_sync               TEXT NOT NULL,
    PRIMARY KEY (server_id, fqdd)
) WITHOUT ROWID;

CREATE TABLE server_memory (
    server_id            TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    dimm_identifier      TEXT NOT NULL,
    slot_name            TEXT,
    manufacturer         TEXT,
    part_number          TEXT,
    serial_number        TEXT,
    capacity_mb          INTEGER,
    speed_mhz            INTEGER,
    memory_type          TEXT,
    rank_count           INTEGER,
    health               TEXT,
    status               TEXT,
    operating_speed_mhz  INTEGER,
    error_correction     TEXT,
    volatile_size_mb     INTEGER,
    non_volatile_size_mb INTEGER,
    last_updated_at      TEXT NOT NULL,
    PRIMARY KEY (server_id, dimm_identifier)
) WITHOUT ROWID;

-- One row a component; collected_at is the last time it was seen so.
CREATE TABLE server_firmware_inventory (
    server_id          TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    component_id       TEXT NOT NULL,
    component_name     TEXT,
    component_type     TEXT,
    version            TEXT NOT NULL,
    updateable         INTEGER,
    status             TEXT,
    device_id          TEXT,
    component_category TEXT,
    job_id             TEXT,
    collected_at       TEXT NOT NULL,
    PRIMARY KEY (server_id, component_id)
) WITHOUT ROWID;

-- A history. The key makes a repeated write harmless.
CREATE TABLE server_health (
    server_id           TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    timestamp           TEXT NOT NULL,
    power_state         TEXT,
    overall_health      TEXT,
    temperature_celsius REAL,
    fan_health          TEXT,
    psu_health          TEXT,
    storage_health      TEXT,
    memory_health       TEXT,
    network_health      TEXT,
    cpu_health          TEXT,
    sensors             TEXT CHECK (sensors IS NULL OR json_valid(sensors)),
    PRIMARY KEY (server_id, timestamp)
) WITHOUT ROWID;

-- No foreign keys: the log outlives what it is about, and a row is never refused.
CREATE TABLE idrac_commands (
    id               TEXT PRIMARY KEY NOT NULL,
    timestamp        TEXT NOT NULL,
    server_id        TEXT,
    job_id           TEXT,
    task_id          TEXT,
    command_type     TEXT NOT NULL,
    operation_type   TEXT NOT NULL,
    endpoint         TEXT NOT NULL,
    full_url         TEXT NOT NULL,
    status_code      INTEGER,
    success          INTEGER NOT NULL DEFAULT 1,
    response_time_ms INTEGER,
    error_message    TEXT,
    request_headers  TEXT,
    request_body     TEXT,
    response_body    TEXT,
    source           TEXT,
    initiated_by     TEXT,
    created_at       TEXT NOT NULL
);
CREATE INDEX idrac_commands_job ON idrac_commands (job_id, id) WHERE job_id IS NOT NULL;
CREATE INDEX idrac_commands_server ON idrac_commands (server_id, id) WHERE server_id IS NOT NULL;

CREATE TABLE activity_settings (
    id                        INTEGER PRIMARY KEY CHECK (id = 1),
    log_retention_days        INTEGER NOT NULL DEFAULT 30,
    auto_cleanup_enabled      INTEGER NOT NULL DEFAULT 1,
    last_cleanup_at           TEXT,
    log_level                 TEXT NOT NULL DEFAULT 'all',
    slow_command_threshold_ms INTEGER NOT NULL DEFAULT 5000,
    max_request_body_kb       INTEGER NOT NULL DEFAULT 100,
    max_response_body_kb      INTEGER NOT NULL DEFAULT 100,
    job_retention_days        INTEGER NOT NULL DEFAULT 90,
    job_auto_cleanup_enabled  INTEGER NOT NULL DEFAULT 1,
    job_last_cleanup_at       TEXT,
    stale_pending_hours       INTEGER NOT NULL DEFAULT 24,
    stale_running_hours       INTEGER NOT NULL DEFAULT 48,
    auto_cancel_stale_jobs    INTEGER NOT NULL DEFAULT 1,
    pause_idrac_operations    INTEGER NOT NULL DEFAULT 0,
    discovery_max_threads     INTEGER NOT NULL DEFAULT 5,
    idrac_request_delay_ms    INTEGER NOT NULL DEFAULT 500,
    idrac_max_concurrent      INTEGER NOT NULL DEFAULT 4
);
INSERT INTO activity_settings (id) VALUES (1);

-- Processes that run jobs. locked: its lock file exists, so its death can be proved.
CREATE TABLE dsm_executor (
    incarnation   TEXT PRIMARY KEY NOT NULL,
    id            TEXT NOT NULL,
    locked        INTEGER NOT NULL,
    registered_at TEXT NOT NULL,
    beat_at       TEXT NOT NULL
);

-- One row a job that was claimed and has not ended. until IS NOT NULL: somebody holds it.
-- fence: of the last attempt. attempt: attempts that count. orphaned: orphanings in a row.
CREATE TABLE dsm_lease (
    job_id           TEXT PRIMARY KEY NOT NULL,
    fence            INTEGER NOT NULL,
    attempt          INTEGER NOT NULL,
    orphaned         INTEGER NOT NULL DEFAULT 0,
    executor         TEXT,
    incarnation      TEXT,
    until            TEXT,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    cancel_reason    TEXT,
    checkpoint       BLOB
) WITHOUT ROWID;
CREATE INDEX dsm_lease_held ON dsm_lease (until) WHERE until IS NOT NULL;
CREATE INDEX dsm_lease_orphaned ON dsm_lease (orphaned) WHERE orphaned > 0;

-- AUTOINCREMENT: a fence is never given twice, even when history is pruned.
CREATE TABLE dsm_attempt (
    fence       INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id      TEXT NOT NULL,
    number      INTEGER NOT NULL,
    executor    TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    started_at  TEXT NOT NULL,
    ended_at    TEXT,
    outcome     TEXT CHECK (outcome = 'completed' OR outcome = 'failed' OR outcome = 'cancelled' OR outcome = 'retry'
                            OR outcome = 'released' OR outcome = 'orphaned'),
    error       TEXT
);
CREATE INDEX dsm_attempt_job ON dsm_attempt (job_id, fence);

-- In place of foreign keys from leases and attempts, which would look each job up again: both are written in the
-- transaction that reads the job, and go with it.
CREATE TRIGGER jobs_gone AFTER DELETE ON jobs BEGIN
    DELETE FROM dsm_lease WHERE job_id = old.id;
    DELETE FROM dsm_attempt WHERE job_id = old.id;
END;

CREATE TABLE dsm_idempotency (
    key    TEXT PRIMARY KEY NOT NULL,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX dsm_idempotency_job ON dsm_idempotency (job_id);

-- body: {"<odata id>": <resource>, …}, an LZ4 frame.
CREATE TABLE dsm_inventory_document (
    server_id    TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    section      TEXT NOT NULL,
    collected_at TEXT NOT NULL,
    complete     INTEGER NOT NULL,
    body         BLOB NOT NULL,
    PRIMARY KEY (server_id, section)
);

CREATE TABLE dsm_pin (
    host       TEXT PRIMARY KEY NOT NULL,
    sha256     TEXT NOT NULL,
    first_seen TEXT NOT NULL
) WITHOUT ROWID;

-- Sessions that may be open on an iDRAC. Never a token.
CREATE TABLE dsm_session (
    id          TEXT PRIMARY KEY NOT NULL,
    host        TEXT NOT NULL,
    username    TEXT NOT NULL,
    location    TEXT,
    opened_at   TEXT NOT NULL,
    incarnation TEXT NOT NULL
) WITHOUT ROWID;

-- `schema.<n>`: checksum of migration n. `value.<key>`: small values of the engine.
CREATE TABLE dsm_meta (
    key   TEXT PRIMARY KEY NOT NULL,
    value BLOB NOT NULL
) WITHOUT ROWID;
