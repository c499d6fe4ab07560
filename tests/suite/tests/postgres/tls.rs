//! Encrypted connections, the certificate looked at.

use std::io::Write;

use dsm_core::store::{PostgresOptions, PostgresStore, Store};
use dsm_suite::postgres::Postgres;

use crate::name;

const SETTINGS: &str = "ssl = on\nssl_cert_file = '../certificate'\nssl_key_file = '../key'";

#[tokio::test]
async fn a_certificate_must_be_trusted() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let files = [("certificate", made.cert.pem()), ("key", made.signing_key.serialize_pem())];
    let Some(server) = Postgres::own(SETTINGS, &files).unwrap() else { return };
    let plain = server.database().unwrap();
    let address = format!("{plain}?sslmode=require");

    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(made.cert.pem().as_bytes()).unwrap();
    let mut options = PostgresOptions::default();
    options.tls_roots = Some(file.path().to_owned());
    let store = PostgresStore::connect(&address, options).await.unwrap();
    store.now().await.unwrap();
    let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'dsm'";
    assert_eq!(server.sql(name(&plain), encrypted).unwrap().trim(), "t");

    let stranger = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let mut other = tempfile::NamedTempFile::new().unwrap();
    other.write_all(stranger.cert.pem().as_bytes()).unwrap();
    let mut options = PostgresOptions::default();
    options.tls_roots = Some(other.path().to_owned());
    let error = PostgresStore::connect(&address, options).await.unwrap_err();
    assert!(error.chain().contains("certificate"), "{}", error.chain());
}
