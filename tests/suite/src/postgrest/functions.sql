-- Functions of the existing database that its clients call by /rpc, from what the contract says that they do.
CREATE EXTENSION IF NOT EXISTS pgcrypto;

CREATE FUNCTION append_job_console_log(p_job_id uuid, p_log_entry text) RETURNS void LANGUAGE sql AS $$
    UPDATE jobs SET details = jsonb_set(coalesce(details, '{}'), '{console_log}',
        coalesce(details -> 'console_log', '[]') || to_jsonb(p_log_entry))
    WHERE id = p_job_id
$$;

-- AES-CBC with an initial vector of zeros, base64; the password is read as bytea is written.
CREATE FUNCTION encrypt_password(password text, key text) RETURNS text LANGUAGE sql AS $$
    SELECT encode(encrypt_iv(password::bytea, decode(key, 'base64'), decode(repeat('00', 16), 'hex'), 'aes-cbc/pad:pkcs'),
                  'base64')
$$;
CREATE FUNCTION decrypt_password(encrypted text, key text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN convert_from(decrypt_iv(decode(encrypted, 'base64'), decode(key, 'base64'), decode(repeat('00', 16), 'hex'),
                                   'aes-cbc/pad:pkcs'), 'UTF8');
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END $$;
CREATE FUNCTION get_encryption_key() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encryption_key FROM activity_settings LIMIT 1
$$;
