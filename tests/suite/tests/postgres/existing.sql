-- The existing database as far as dsm meets it: its enumerations, its tables, columns of its own, its references.
CREATE SCHEMA IF NOT EXISTS auth;
CREATE TABLE IF NOT EXISTS auth.users (id uuid PRIMARY KEY);

CREATE TYPE job_status AS ENUM ('pending', 'running', 'completed', 'failed', 'cancelled');
CREATE TYPE job_type AS ENUM ('firmware_update', 'discovery_scan', 'vcenter_sync', 'power_action', 'health_check');
CREATE TYPE credential_type AS ENUM ('idrac', 'esxi');
CREATE TYPE operation_type AS ENUM ('idrac_api', 'vcenter_api', 'openmanage_api', 'ldap_api', 'ssh_command',
    'idrac_api_fallback', 'session_create', 'session_delete', 'pdu_api');

CREATE TABLE profiles (
    id uuid PRIMARY KEY REFERENCES auth.users (id), email text NOT NULL, full_name text, created_at timestamptz DEFAULT now()
);
CREATE TABLE credential_sets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL UNIQUE, username text NOT NULL,
    password_encrypted text, description text, is_default boolean DEFAULT false, priority integer DEFAULT 100,
    credential_type credential_type NOT NULL DEFAULT 'idrac', vcenter_host_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE credential_ip_ranges (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    credential_set_id uuid NOT NULL REFERENCES credential_sets (id) ON DELETE CASCADE,
    ip_range text NOT NULL, description text, priority integer DEFAULT 100,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE jobs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), job_type job_type NOT NULL, status job_status NOT NULL DEFAULT 'pending',
    target_scope jsonb, details jsonb, created_by uuid REFERENCES profiles (id),
    schedule_at timestamptz, started_at timestamptz, completed_at timestamptz, created_at timestamptz NOT NULL DEFAULT now(),
    parent_job_id uuid REFERENCES jobs (id) ON DELETE CASCADE, component_order integer, credential_set_ids uuid[],
    firmware_source text DEFAULT 'manual_repository', dell_catalog_url text DEFAULT 'https://example.invalid/Catalog.xml',
    auto_select_latest boolean DEFAULT true, priority text DEFAULT 'normal', notes text
);
ALTER TABLE jobs REPLICA IDENTITY FULL;
CREATE TABLE job_tasks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    server_id uuid, vcenter_host_id uuid, status job_status NOT NULL DEFAULT 'pending', log text,
    progress integer DEFAULT 0 CHECK (progress BETWEEN 0 AND 100), started_at timestamptz, completed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE servers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), ip_address text NOT NULL UNIQUE, hostname text, idrac_hostname text,
    model text, product_name text, service_tag text UNIQUE, redfish_version text, idrac_firmware text, bios_version text,
    manager_mac_address text, cpu_model text, cpu_speed text, secure_boot text, manufacturer text DEFAULT 'Dell',
    cpu_count integer, memory_gb integer, cpu_cores_per_socket integer, total_drives integer, total_storage_tb numeric,
    virtualization_enabled boolean, supported_endpoints jsonb, power_state text, overall_health text,
    last_seen timestamptz, last_connection_test timestamptz, last_health_check timestamptz,
    credential_last_tested timestamptz, last_boot_config_check timestamptz,
    connection_status text CHECK (connection_status IN ('online', 'offline', 'unknown')), connection_error text,
    credential_test_status text CHECK (credential_test_status IN ('valid', 'invalid', 'unknown')),
    credential_set_id uuid REFERENCES credential_sets (id) ON DELETE SET NULL,
    discovered_by_credential_set_id uuid REFERENCES credential_sets (id) ON DELETE SET NULL,
    idrac_username text, idrac_password_encrypted text, discovery_job_id uuid REFERENCES jobs (id),
    boot_mode text, boot_source_override_enabled text, boot_source_override_target text, boot_order jsonb,
    requires_legacy_ssl boolean DEFAULT false, vcenter_host_id uuid, idrac_sync_enabled boolean DEFAULT false,
    idrac_sync_interval_minutes integer DEFAULT 60, idrac_fetch_options jsonb, last_idrac_sync timestamptz,
    next_idrac_sync_at timestamptz, openmanage_device_id text, notes text, datacenter text, rack_id text,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE server_drives (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), server_id uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    drive_identifier text NOT NULL, name text, manufacturer text, model text, serial_number text,
    last_known_serial_number text, part_number text, media_type text, protocol text, capacity_bytes bigint,
    capacity_gb numeric, slot text, enclosure text, controller text, health text, status text,
    predicted_failure boolean DEFAULT false, life_remaining_percent integer, firmware_version text,
    rotation_speed_rpm integer, capable_speed_gbps numeric, volume_id text, volume_name text, raid_level text, wwn text,
    naa text, span_depth integer, span_length integer, failed_at timestamptz, first_seen_at timestamptz DEFAULT now(),
    last_sync timestamptz DEFAULT now(), created_at timestamptz DEFAULT now(), UNIQUE (server_id, drive_identifier)
);
CREATE TABLE server_nics (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), server_id uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    fqdd text NOT NULL, name text, description text, mac_address text, permanent_mac_address text, manufacturer text,
    model text, serial_number text, part_number text, firmware_version text, port_id text, link_status text,
    current_speed_mbps integer, max_speed_mbps integer, duplex text, auto_negotiate boolean, mtu integer,
    switch_connection_id text, switch_port_description text, switch_name text, ipv4_addresses jsonb,
    ipv6_addresses jsonb, vlan_id integer, health text, status text, last_sync timestamptz DEFAULT now(),
    UNIQUE (server_id, fqdd)
);
CREATE TABLE server_memory (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), server_id uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    dimm_identifier text NOT NULL, slot_name text, manufacturer text, part_number text, serial_number text,
    capacity_mb integer, speed_mhz integer, memory_type text, rank_count integer, health text, status text,
    operating_speed_mhz integer, error_correction text, volatile_size_mb integer, non_volatile_size_mb integer,
    last_updated_at timestamptz DEFAULT now(), UNIQUE (server_id, dimm_identifier)
);
CREATE TABLE server_firmware_inventory (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), server_id uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    job_id uuid, collected_at timestamptz NOT NULL DEFAULT now(), component_id text NOT NULL, component_name text,
    component_type text, version text NOT NULL, updateable boolean DEFAULT true, status text, device_id text,
    component_category text, UNIQUE (server_id, component_id, collected_at)
);
CREATE TABLE server_health (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), server_id uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    timestamp timestamptz NOT NULL DEFAULT now(), power_state text, overall_health text, temperature_celsius numeric,
    fan_health text, psu_health text, storage_health text, memory_health text, network_health text, cpu_health text,
    sensors jsonb
);
CREATE TABLE idrac_commands (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), timestamp timestamptz NOT NULL DEFAULT now(),
    server_id uuid REFERENCES servers (id) ON DELETE CASCADE, job_id uuid REFERENCES jobs (id) ON DELETE CASCADE,
    task_id uuid REFERENCES job_tasks (id) ON DELETE CASCADE, command_type text NOT NULL, endpoint text NOT NULL,
    full_url text NOT NULL, request_headers jsonb, request_body jsonb, response_body jsonb, status_code integer,
    response_time_ms integer, success boolean NOT NULL DEFAULT true, error_message text,
    initiated_by uuid REFERENCES profiles (id), source text, created_at timestamptz DEFAULT now(),
    operation_type operation_type NOT NULL
);
CREATE TABLE workflow_executions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    workflow_type text NOT NULL, cluster_id text, host_id uuid, server_id uuid, step_number integer NOT NULL,
    step_name text NOT NULL,
    step_status text NOT NULL CHECK (step_status IN ('pending', 'running', 'completed', 'failed', 'skipped')),
    step_started_at timestamptz, step_completed_at timestamptz, step_details jsonb, step_error text,
    created_at timestamptz NOT NULL DEFAULT now()
);
