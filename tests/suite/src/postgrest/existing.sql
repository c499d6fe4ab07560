-- The existing database as far as dsm meets it: its enumerations, its tables, columns of its own, its references.
CREATE SCHEMA IF NOT EXISTS auth;
CREATE TABLE IF NOT EXISTS auth.users (id uuid PRIMARY KEY);

CREATE TYPE job_status AS ENUM ('pending', 'running', 'completed', 'failed', 'cancelled');
CREATE TYPE job_type AS ENUM (
    'firmware_update', 'discovery_scan', 'vcenter_sync', 'full_server_update', 'test_credentials', 'power_action',
    'health_check', 'fetch_event_logs', 'boot_configuration', 'virtual_media_mount', 'virtual_media_unmount',
    'bios_config_read', 'bios_config_write', 'scp_export', 'scp_import', 'vcenter_connectivity_test',
    'openmanage_sync', 'cluster_safety_check', 'prepare_host_for_update', 'verify_host_after_update',
    'rolling_cluster_update', 'server_group_safety_check', 'iso_upload', 'console_launch', 'firmware_upload',
    'catalog_sync', 'scan_local_isos', 'register_iso_url', 'esxi_upgrade', 'esxi_then_firmware',
    'firmware_then_esxi', 'browse_datastore', 'esxi_preflight_check', 'idm_authenticate', 'idm_sync_users',
    'idm_test_connection', 'firmware_inventory_scan', 'idm_search_groups', 'idm_test_auth', 'idm_network_check',
    'idm_search_ad_groups', 'idm_search_ad_users', 'idm_test_ad_connection', 'idrac_network_read',
    'idrac_network_write', 'storage_vmotion', 'deploy_zfs_target', 'copy_template_cross_vcenter', 'ssh_key_deploy',
    'ssh_key_verify', 'ssh_key_remove', 'ssh_key_rotate', 'ssh_key_health_check', 'validate_zfs_template',
    'test_replication_pair', 'pause_protection_group', 'resume_protection_group', 'test_failover', 'live_failover',
    'commit_failover', 'rollback_failover', 'collect_replication_metrics', 'run_replication_sync',
    'prepare_zfs_template', 'onboard_zfs_target', 'test_ssh_connection', 'detect_disks', 'retry_onboard_step',
    'rollback_zfs_onboard', 'sync_protection_config', 'clone_zfs_template', 'partial_vcenter_sync',
    'inspect_zfs_appliance', 'decommission_zfs_target', 'manage_datastore', 'scan_datastore_status',
    'exchange_ssh_keys', 'check_zfs_target_health', 'repair_zfs_pool', 'repair_cross_site_ssh',
    'repair_syncoid_cron', 'create_dr_shell', 'scheduled_replication_check', 'rpo_monitoring',
    'failover_preflight_check', 'group_failover', 'scheduled_vcenter_sync', 'repair_data_transfer',
    'repair_nfs_export', 'pdu_test_connection', 'pdu_outlet_control', 'pdu_sync_status', 'pdu_discover'
);
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
CREATE TABLE executor_heartbeats (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), executor_id text NOT NULL UNIQUE, hostname text, ip_address text,
    version text, last_seen_at timestamptz NOT NULL DEFAULT now(), poll_count integer DEFAULT 0,
    jobs_processed integer DEFAULT 0, startup_time timestamptz, last_error text, capabilities jsonb DEFAULT '[]',
    created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now()
);
CREATE TABLE activity_settings (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), log_retention_days integer NOT NULL DEFAULT 30,
    auto_cleanup_enabled boolean NOT NULL DEFAULT true, last_cleanup_at timestamptz, log_level text DEFAULT 'all',
    slow_command_threshold_ms integer DEFAULT 5000, max_request_body_kb integer DEFAULT 100,
    max_response_body_kb integer DEFAULT 100, alert_on_failures boolean DEFAULT true,
    alert_on_slow_commands boolean DEFAULT false, keep_statistics boolean DEFAULT true,
    statistics_retention_days integer DEFAULT 365, job_retention_days integer DEFAULT 90,
    job_auto_cleanup_enabled boolean DEFAULT true, job_last_cleanup_at timestamptz,
    stale_pending_hours integer DEFAULT 24, stale_running_hours integer DEFAULT 48,
    auto_cancel_stale_jobs boolean DEFAULT true, use_job_executor_for_idrac boolean DEFAULT true, encryption_key text,
    pause_idrac_operations boolean DEFAULT false, discovery_max_threads integer DEFAULT 5,
    idrac_request_delay_ms integer DEFAULT 500, idrac_max_concurrent integer DEFAULT 4,
    scp_share_enabled boolean DEFAULT false,
    scp_share_type text DEFAULT 'CIFS' CHECK (scp_share_type IN ('CIFS', 'NFS')), scp_share_path text,
    scp_share_username text, scp_share_password_encrypted text, job_executor_url text DEFAULT 'http://localhost:8081',
    show_sla_monitoring_jobs boolean DEFAULT false, executor_shared_secret_encrypted text,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX activity_settings_singleton ON activity_settings ((true));
INSERT INTO activity_settings DEFAULT VALUES;
CREATE TABLE audit_logs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), timestamp timestamptz NOT NULL DEFAULT now(), user_id uuid,
    action text NOT NULL, details jsonb, ip_address text, created_at timestamptz DEFAULT now()
);
CREATE TABLE server_event_logs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), server_id uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    event_id text, timestamp timestamptz NOT NULL, severity text, message text, category text, sensor_type text,
    sensor_number text, raw_data jsonb, created_at timestamptz DEFAULT now()
);
CREATE TABLE bios_configurations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), server_id uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    job_id uuid REFERENCES jobs (id) ON DELETE SET NULL, attributes jsonb NOT NULL, pending_attributes jsonb,
    bios_version text, snapshot_type text CHECK (snapshot_type IN ('current', 'pending', 'baseline')), created_by uuid,
    notes text, captured_at timestamptz NOT NULL DEFAULT now(), created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE server_boot_config_history (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), server_id uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    timestamp timestamptz NOT NULL DEFAULT now(), boot_mode text, boot_source_override_enabled text,
    boot_source_override_target text, boot_order jsonb, changed_by uuid, job_id uuid REFERENCES jobs (id) ON DELETE SET NULL
);
CREATE TABLE scp_backups (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), server_id uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    export_job_id uuid REFERENCES jobs (id) ON DELETE SET NULL, import_job_id uuid REFERENCES jobs (id) ON DELETE SET NULL,
    backup_name text NOT NULL, description text, scp_file_path text, scp_file_size_bytes bigint, scp_content jsonb,
    include_bios boolean DEFAULT true, include_idrac boolean DEFAULT true, include_nic boolean DEFAULT true,
    include_raid boolean DEFAULT true, checksum text, scp_checksum text, is_valid boolean DEFAULT true,
    validation_errors text, exported_at timestamptz, last_imported_at timestamptz, created_by uuid, components text,
    scp_raw_content text, scp_format text DEFAULT 'JSON' CHECK (scp_format IN ('JSON', 'XML')),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE virtual_media_sessions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), server_id uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    mount_job_id uuid REFERENCES jobs (id) ON DELETE SET NULL, unmount_job_id uuid REFERENCES jobs (id) ON DELETE SET NULL,
    media_type text CHECK (media_type IN ('CD', 'DVD', 'USBStick', 'Floppy')), image_name text, remote_image_url text,
    is_mounted boolean DEFAULT false, inserted boolean DEFAULT false, write_protected boolean DEFAULT true,
    mounted_at timestamptz, unmounted_at timestamptz, share_username text, share_password_encrypted text,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE idrac_network_configurations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), server_id uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    job_id uuid REFERENCES jobs (id) ON DELETE SET NULL, ipv4_enabled boolean, dhcp_enabled boolean, ip_address text,
    gateway text, netmask text, dns1 text, dns2 text, dns_from_dhcp boolean, nic_selection text, nic_speed text,
    nic_duplex text, nic_mtu integer, vlan_enabled boolean, vlan_id integer, vlan_priority integer, ntp_enabled boolean,
    ntp_server1 text, ntp_server2 text, ntp_server3 text, timezone text, raw_attributes jsonb,
    captured_at timestamptz NOT NULL DEFAULT now(), created_by uuid, notes text
);
CREATE TABLE firmware_packages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), filename text NOT NULL, file_size_bytes bigint, checksum text,
    local_path text, served_url text, component_type text, dell_version text, dell_package_version text,
    applicable_models text[], criticality text, release_date date, reboot_required boolean DEFAULT true, tags text[],
    upload_status text DEFAULT 'pending', upload_progress integer DEFAULT 0, use_count integer DEFAULT 0,
    is_baseline boolean DEFAULT false, baseline_for_models text[], component_name_pattern text,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE update_availability_scans (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    scan_type text NOT NULL CHECK (scan_type IN ('cluster', 'group', 'servers', 'single_host')), target_id uuid,
    target_name text,
    firmware_source text CHECK (firmware_source IN ('local_repository', 'dell_online_catalog')),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
    started_at timestamptz, completed_at timestamptz, summary jsonb, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE update_availability_results (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    scan_id uuid NOT NULL REFERENCES update_availability_scans (id) ON DELETE CASCADE,
    server_id uuid REFERENCES servers (id) ON DELETE CASCADE, vcenter_host_id uuid, hostname text, server_model text,
    service_tag text, firmware_components jsonb NOT NULL DEFAULT '[]', total_components integer DEFAULT 0,
    updates_available integer DEFAULT 0, critical_updates integer DEFAULT 0, up_to_date integer DEFAULT 0,
    not_in_catalog integer DEFAULT 0, blockers jsonb,
    scan_status text DEFAULT 'pending' CHECK (scan_status IN ('pending', 'scanning', 'completed', 'failed', 'skipped')),
    scanned_at timestamptz
);
CREATE TABLE idrac_settings (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), fetch_firmware boolean DEFAULT true, fetch_health boolean DEFAULT true,
    fetch_bios boolean DEFAULT true, fetch_storage boolean DEFAULT true, fetch_nics boolean DEFAULT true,
    fetch_memory boolean DEFAULT true, fetch_scp_backup boolean DEFAULT false, auto_sync_enabled boolean DEFAULT false,
    sync_interval_minutes integer DEFAULT 60, scp_backup_max_age_days integer DEFAULT 30,
    scp_backup_only_if_stale boolean DEFAULT true
);

CREATE FUNCTION check_job_priority() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.priority IS NOT NULL AND NEW.priority NOT IN ('low', 'normal', 'high', 'critical') THEN
        RAISE EXCEPTION 'invalid priority: %', NEW.priority;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_job_priority BEFORE INSERT OR UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION check_job_priority();
