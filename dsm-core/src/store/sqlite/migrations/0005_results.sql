-- What jobs find beside the inventory: a table for each of `store/table.rs`, where their columns are described.
-- Foreign keys are looked up in the indexes when a server or a job goes.

-- Entries of the logs of iDRACs; the id says what an entry is, so that none is there twice.
CREATE TABLE server_event_logs (
    id            TEXT PRIMARY KEY NOT NULL,
    server_id     TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    timestamp     TEXT NOT NULL,
    event_id      TEXT,
    severity      TEXT,
    message       TEXT,
    category      TEXT,
    sensor_type   TEXT,
    sensor_number TEXT,
    raw_data      TEXT CHECK (json_valid(raw_data)),
    created_at    TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
CREATE INDEX server_event_logs_server ON server_event_logs (server_id, timestamp);

CREATE TABLE bios_configurations (
    id                 TEXT PRIMARY KEY NOT NULL,
    server_id          TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    captured_at        TEXT NOT NULL,
    attributes         TEXT NOT NULL CHECK (json_valid(attributes)),
    job_id             TEXT REFERENCES jobs (id) ON DELETE SET NULL,
    pending_attributes TEXT CHECK (json_valid(pending_attributes)),
    bios_version       TEXT,
    snapshot_type      TEXT CHECK (snapshot_type IN ('current', 'pending', 'baseline')),
    created_by         TEXT,
    notes              TEXT,
    created_at         TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
CREATE INDEX bios_configurations_server ON bios_configurations (server_id, captured_at);
CREATE INDEX bios_configurations_job ON bios_configurations (job_id) WHERE job_id IS NOT NULL;

CREATE TABLE server_boot_config_history (
    id                           TEXT PRIMARY KEY NOT NULL,
    server_id                    TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    timestamp                    TEXT NOT NULL,
    boot_mode                    TEXT,
    boot_source_override_enabled TEXT,
    boot_source_override_target  TEXT,
    boot_order                   TEXT CHECK (json_valid(boot_order)),
    changed_by                   TEXT,
    job_id                       TEXT REFERENCES jobs (id) ON DELETE SET NULL
);
CREATE INDEX server_boot_config_history_server ON server_boot_config_history (server_id, timestamp);
CREATE INDEX server_boot_config_history_job ON server_boot_config_history (job_id) WHERE job_id IS NOT NULL;

-- scp_raw_content is sealed.
CREATE TABLE scp_backups (
    id                  TEXT PRIMARY KEY NOT NULL,
    server_id           TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    exported_at         TEXT NOT NULL,
    backup_name         TEXT NOT NULL,
    export_job_id       TEXT REFERENCES jobs (id) ON DELETE SET NULL,
    import_job_id       TEXT REFERENCES jobs (id) ON DELETE SET NULL,
    description         TEXT,
    scp_file_path       TEXT,
    scp_file_size_bytes INTEGER,
    scp_content         TEXT CHECK (json_valid(scp_content)),
    include_bios        INTEGER,
    include_idrac       INTEGER,
    include_nic         INTEGER,
    include_raid        INTEGER,
    checksum            TEXT,
    scp_checksum        TEXT,
    is_valid            INTEGER,
    validation_errors   TEXT,
    last_imported_at    TEXT,
    created_by          TEXT,
    components          TEXT,
    scp_raw_content     TEXT,
    scp_format          TEXT CHECK (scp_format IN ('JSON', 'XML')),
    created_at          TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
CREATE INDEX scp_backups_server ON scp_backups (server_id, exported_at);
CREATE INDEX scp_backups_export_job ON scp_backups (export_job_id) WHERE export_job_id IS NOT NULL;
CREATE INDEX scp_backups_import_job ON scp_backups (import_job_id) WHERE import_job_id IS NOT NULL;

CREATE TABLE virtual_media_sessions (
    id                       TEXT PRIMARY KEY NOT NULL,
    server_id                TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    mount_job_id             TEXT REFERENCES jobs (id) ON DELETE SET NULL,
    unmount_job_id           TEXT REFERENCES jobs (id) ON DELETE SET NULL,
    media_type               TEXT CHECK (media_type IN ('CD', 'DVD', 'USBStick', 'Floppy')),
    image_name               TEXT,
    remote_image_url         TEXT,
    is_mounted               INTEGER,
    inserted                 INTEGER,
    write_protected          INTEGER,
    mounted_at               TEXT,
    unmounted_at             TEXT,
    share_username           TEXT,
    share_password_encrypted TEXT,
    created_at               TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
CREATE INDEX virtual_media_sessions_server ON virtual_media_sessions (server_id, mounted_at);
CREATE INDEX virtual_media_sessions_mount_job ON virtual_media_sessions (mount_job_id) WHERE mount_job_id IS NOT NULL;
CREATE INDEX virtual_media_sessions_unmount_job ON virtual_media_sessions (unmount_job_id) WHERE unmount_job_id IS NOT NULL;

CREATE TABLE audit_logs (
    id         TEXT PRIMARY KEY NOT NULL,
    timestamp  TEXT NOT NULL,
    action     TEXT NOT NULL,
    user_id    TEXT,
    details    TEXT CHECK (json_valid(details)),
    ip_address TEXT,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
CREATE INDEX audit_logs_time ON audit_logs (timestamp);
