-- The tables of the existing database, by its names, as far as dsm uses them. Left out where they exist already.

CREATE TABLE profiles (
    id         uuid PRIMARY KEY,
    email      text,
    full_name  text,
    role       text,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE credential_sets (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name               text NOT NULL UNIQUE,
    credential_type    text NOT NULL DEFAULT 'idrac' CHECK (credential_type IN ('idrac', 'esxi', 'vcenter')),
    username           text NOT NULL,
    password_encrypted text,
    is_default         boolean NOT NULL DEFAULT false,
    priority           bigint NOT NULL DEFAULT 100,
    description        text,
    vcenter_host_id    uuid,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE credential_ip_ranges (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    credential_set_id uuid NOT NULL REFERENCES credential_sets (id) ON DELETE CASCADE,
    ip_range          text NOT NULL,
    priority          bigint NOT NULL DEFAULT 100,
    description       text,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX credential_ip_ranges_set ON credential_ip_ranges (credential_set_id);

-- Rows change several times in their life and their columns of the index rarely: room is left for that on each page.
CREATE TABLE jobs (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    job_type           text NOT NULL,
    status             text NOT NULL DEFAULT 'pending'
                       CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
    target_scope       jsonb,
    details            jsonb,
    created_by         uuid REFERENCES profiles (id) ON DELETE SET NULL,
    credential_set_ids uuid[],
    priority           text NOT NULL DEFAULT 'normal',
    schedule_at        timestamptz,
    created_at         timestamptz NOT NULL DEFAULT now(),
    started_at         timestamptz,
    completed_at       timestamptz,
    parent_job_id      uuid REFERENCES jobs (id) ON DELETE CASCADE,
    component_order    bigint,
    notes              text,
    firmware_source    text,
    dell_catalog_url   text,
    auto_select_latest boolean
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02);

CREATE TABLE job_tasks (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    job_id          uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    server_id       uuid,
    vcenter_host_id uuid,
    status          text NOT NULL DEFAULT 'pending'
                    CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
    log             text,
    progress        integer NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    started_at      timestamptz,
    completed_at    timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);

-- ip_address may be NULL: its server was found elsewhere, or another one answers there now.
CREATE TABLE servers (
    id                              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ip_address                      text UNIQUE,
    hostname                        text,
    idrac_hostname                  text,
    service_tag                     text UNIQUE,
    manufacturer                    text,
    model                           text,
    product_name                    text,
    redfish_version                 text,
    idrac_firmware                  text,
    bios_version                    text,
    manager_mac_address             text,
    cpu_model                       text,
    cpu_speed                       text,
    cpu_count                       bigint,
    cpu_cores_per_socket            bigint,
    memory_gb                       bigint,
    total_drives                    bigint,
    total_storage_tb                double precision,
    gpu_count                       bigint,
    secure_boot                     text,
    virtualization_enabled          boolean,
    boot_mode                       text,
    boot_order                      jsonb,
    boot_source_override_enabled    text,
    boot_source_override_target     text,
    supported_endpoints             jsonb,
    requires_legacy_ssl             boolean,
    power_state                     text,
    overall_health                  text,
    connection_status               text CHECK (connection_status IN ('online', 'offline', 'unknown')),
    connection_error                text,
    credential_test_status          text CHECK (credential_test_status IN ('valid', 'invalid', 'unknown')),
    credential_set_id               uuid REFERENCES credential_sets (id) ON DELETE SET NULL,
    discovered_by_credential_set_id uuid REFERENCES credential_sets (id) ON DELETE SET NULL,
    idrac_username                  text,
    idrac_password_encrypted        text,
    discovery_job_id                uuid REFERENCES jobs (id) ON DELETE SET NULL,
    vcenter_host_id                 uuid,
    notes                           text,
    last_seen                       timestamptz,
    last_connection_test            timestamptz,
    last_health_check               timestamptz,
    last_boot_config_check          timestamptz,
    credential_last_tested          timestamptz,
    last_idrac_sync                 timestamptz,
    created_at                      timestamptz NOT NULL DEFAULT now(),
    updated_at                      timestamptz NOT NULL DEFAULT now(),
    -- The other spelling of three columns.
    discovered_username             text GENERATED ALWAYS AS (idrac_username) STORED,
    discovered_password_encrypted   text GENERATED ALWAYS AS (idrac_password_encrypted) STORED,
    health_status                   text GENERATED ALWAYS AS (overall_health) STORED
) WITH (fillfactor = 80);
-- Foreign keys are looked up here when a credential set or a job goes.
CREATE INDEX servers_credential_set ON servers (credential_set_id) WHERE credential_set_id IS NOT NULL;
CREATE INDEX servers_discovered_by ON servers (discovered_by_credential_set_id)
    WHERE discovered_by_credential_set_id IS NOT NULL;
CREATE INDEX servers_discovery_job ON servers (discovery_job_id) WHERE discovery_job_id IS NOT NULL;

CREATE TABLE server_drives (
    server_id                uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    drive_identifier         text NOT NULL,
    name                     text,
    manufacturer             text,
    model                    text,
    serial_number            text,
    last_known_serial_number text,
    part_number              text,
    media_type               text,
    protocol                 text,
    capacity_bytes           bigint,
    capacity_gb              double precision,
    slot                     text,
    enclosure                text,
    controller               text,
    health                   text,
    status                   text,
    predicted_failure        boolean,
    life_remaining_percent   bigint,
    firmware_version         text,
    rotation_speed_rpm       bigint,
    capable_speed_gbps       double precision,
    volume_id                text,
    volume_name              text,
    raid_level               text,
    wwn                      text,
    failed_at                timestamptz,
    first_seen_at            timestamptz NOT NULL,
    last_sync                timestamptz NOT NULL,
    PRIMARY KEY (server_id, drive_identifier)
);

CREATE TABLE server_nics (
    server_id               uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    fqdd                    text NOT NULL,
    name                    text,
    description             text,
    mac_address             text,
    permanent_mac_address   text,
    manufacturer            text,
    model                   text,
    serial_number           text,
    part_number             text,
    firmware_version        text,
    port_id                 text,
    link_status             text,
    current_speed_mbps      bigint,
    max_speed_mbps          bigint,
    health                  text,
    status                  text,
    switch_connection_id    text,
    switch_port_description text,
    last_sync               timestamptz NOT NULL,
    PRIMARY KEY (server_id, fqdd)
);

CREATE TABLE server_memory (
    server_id            uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    dimm_identifier      text NOT NULL,
    slot_name            text,
    manufacturer         text,
    part_number          text,
    serial_number        text,
    capacity_mb          bigint,
    speed_mhz            bigint,
    memory_type          text,
    rank_count           bigint,
    health               text,
    status               text,
    operating_speed_mhz  bigint,
    error_correction     text,
    volatile_size_mb     bigint,
    non_volatile_size_mb bigint,
    last_updated_at      timestamptz NOT NULL,
    PRIMARY KEY (server_id, dimm_identifier)
);

-- One row a component; collected_at is the last time it was seen so.
CREATE TABLE server_firmware_inventory (
    server_id          uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    component_id       text NOT NULL,
    component_name     text,
    component_type     text,
    version            text NOT NULL,
    updateable         boolean,
    status             text,
    device_id          text,
    component_category text,
    job_id             uuid,
    collected_at       timestamptz NOT NULL,
    PRIMARY KEY (server_id, component_id)
);

-- A history.
CREATE TABLE server_health (
    server_id           uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    timestamp           timestamptz NOT NULL,
    power_state         text,
    overall_health      text,
    temperature_celsius double precision,
    fan_health          text,
    psu_health          text,
    storage_health      text,
    memory_health       text,
    network_health      text,
    cpu_health          text,
    sensors             jsonb,
    PRIMARY KEY (server_id, timestamp)
);

-- No foreign keys: the log outlives what it is about, and a row is never refused.
CREATE TABLE idrac_commands (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    timestamp        timestamptz NOT NULL DEFAULT now(),
    server_id        uuid,
    job_id           uuid,
    task_id          uuid,
    command_type     text NOT NULL,
    operation_type   text NOT NULL,
    endpoint         text NOT NULL,
    full_url         text NOT NULL,
    status_code      integer,
    success          boolean NOT NULL DEFAULT true,
    response_time_ms bigint,
    error_message    text,
    request_headers  jsonb,
    request_body     jsonb,
    response_body    jsonb,
    source           text,
    initiated_by     uuid,
    created_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idrac_commands_job ON idrac_commands (job_id, id) WHERE job_id IS NOT NULL;
CREATE INDEX idrac_commands_server ON idrac_commands (server_id, id) WHERE server_id IS NOT NULL;

-- Steps of jobs, in the words of the existing database: step_status running is begun, completed is done. step_details:
-- {"note": …, "result": …}.
CREATE TABLE workflow_executions (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    job_id            uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    workflow_type     text NOT NULL,
    cluster_id        text,
    host_id           uuid,
    server_id         uuid,
    step_number       bigint NOT NULL,
    step_name         text NOT NULL,
    step_status       text NOT NULL CHECK (step_status IN ('pending', 'running', 'completed', 'failed', 'skipped')),
    step_started_at   timestamptz,
    step_completed_at timestamptz,
    step_details      jsonb,
    step_error        text,
    created_at        timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE activity_settings (
    id                        integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    log_retention_days        bigint NOT NULL DEFAULT 30,
    auto_cleanup_enabled      boolean NOT NULL DEFAULT true,
    last_cleanup_at           timestamptz,
    log_level                 text NOT NULL DEFAULT 'all',
    slow_command_threshold_ms bigint NOT NULL DEFAULT 5000,
    max_request_body_kb       bigint NOT NULL DEFAULT 100,
    max_response_body_kb      bigint NOT NULL DEFAULT 100,
    job_retention_days        bigint NOT NULL DEFAULT 90,
    job_auto_cleanup_enabled  boolean NOT NULL DEFAULT true,
    job_last_cleanup_at       timestamptz,
    stale_pending_hours       bigint NOT NULL DEFAULT 24,
    stale_running_hours       bigint NOT NULL DEFAULT 48,
    auto_cancel_stale_jobs    boolean NOT NULL DEFAULT true,
    pause_idrac_operations    boolean NOT NULL DEFAULT false,
    discovery_max_threads     bigint NOT NULL DEFAULT 5,
    idrac_request_delay_ms    bigint NOT NULL DEFAULT 500,
    idrac_max_concurrent      bigint NOT NULL DEFAULT 4
);
INSERT INTO activity_settings (id) VALUES (1);

-- What jobs find beside the inventory: a table for each of `store/table.rs`, where their columns are described.
-- Foreign keys are looked up in the indexes when a server or a job goes.

-- Entries of the logs of iDRACs; the id says what an entry is, so that none is there twice.
CREATE TABLE server_event_logs (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    server_id     uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    timestamp     timestamptz NOT NULL,
    event_id      text,
    severity      text,
    message       text,
    category      text,
    sensor_type   text,
    sensor_number text,
    raw_data      jsonb,
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX server_event_logs_server ON server_event_logs (server_id, timestamp);

CREATE TABLE bios_configurations (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    server_id          uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    captured_at        timestamptz NOT NULL,
    attributes         jsonb NOT NULL,
    job_id             uuid REFERENCES jobs (id) ON DELETE SET NULL,
    pending_attributes jsonb,
    bios_version       text,
    snapshot_type      text CHECK (snapshot_type IN ('current', 'pending', 'baseline')),
    created_by         uuid,
    notes              text,
    created_at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX bios_configurations_server ON bios_configurations (server_id, captured_at);
CREATE INDEX bios_configurations_job ON bios_configurations (job_id) WHERE job_id IS NOT NULL;

CREATE TABLE server_boot_config_history (
    id                           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    server_id                    uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    timestamp                    timestamptz NOT NULL,
    boot_mode                    text,
    boot_source_override_enabled text,
    boot_source_override_target  text,
    boot_order                   jsonb,
    changed_by                   uuid,
    job_id                       uuid REFERENCES jobs (id) ON DELETE SET NULL
);
CREATE INDEX server_boot_config_history_server ON server_boot_config_history (server_id, timestamp);
CREATE INDEX server_boot_config_history_job ON server_boot_config_history (job_id) WHERE job_id IS NOT NULL;

-- scp_raw_content is sealed.
CREATE TABLE scp_backups (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    server_id           uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    exported_at         timestamptz NOT NULL,
    backup_name         text NOT NULL,
    export_job_id       uuid REFERENCES jobs (id) ON DELETE SET NULL,
    import_job_id       uuid REFERENCES jobs (id) ON DELETE SET NULL,
    description         text,
    scp_file_path       text,
    scp_file_size_bytes bigint,
    scp_content         jsonb,
    include_bios        boolean,
    include_idrac       boolean,
    include_nic         boolean,
    include_raid        boolean,
    checksum            text,
    scp_checksum        text,
    is_valid            boolean,
    validation_errors   text,
    last_imported_at    timestamptz,
    created_by          uuid,
    components          text,
    scp_raw_content     text,
    scp_format          text CHECK (scp_format IN ('JSON', 'XML')),
    created_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX scp_backups_server ON scp_backups (server_id, exported_at);
CREATE INDEX scp_backups_export_job ON scp_backups (export_job_id) WHERE export_job_id IS NOT NULL;
CREATE INDEX scp_backups_import_job ON scp_backups (import_job_id) WHERE import_job_id IS NOT NULL;

CREATE TABLE virtual_media_sessions (
    id                       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    server_id                uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    mount_job_id             uuid REFERENCES jobs (id) ON DELETE SET NULL,
    unmount_job_id           uuid REFERENCES jobs (id) ON DELETE SET NULL,
    media_type               text CHECK (media_type IN ('CD', 'DVD', 'USBStick', 'Floppy')),
    image_name               text,
    remote_image_url         text,
    is_mounted               boolean,
    inserted                 boolean,
    write_protected          boolean,
    mounted_at               timestamptz,
    unmounted_at             timestamptz,
    share_username           text,
    share_password_encrypted text,
    created_at               timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX virtual_media_sessions_server ON virtual_media_sessions (server_id, mounted_at);
CREATE INDEX virtual_media_sessions_mount_job ON virtual_media_sessions (mount_job_id) WHERE mount_job_id IS NOT NULL;
CREATE INDEX virtual_media_sessions_unmount_job ON virtual_media_sessions (unmount_job_id) WHERE unmount_job_id IS NOT NULL;

CREATE TABLE audit_logs (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    timestamp  timestamptz NOT NULL,
    action     text NOT NULL,
    user_id    uuid,
    details    jsonb,
    ip_address text,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX audit_logs_time ON audit_logs (timestamp);
