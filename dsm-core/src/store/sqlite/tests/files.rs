use std::fs;
use std::path::Path;

use rusqlite::Connection;

use super::{finding, open};
use crate::error::{Error, ErrorKind};
use crate::store::sqlite::migrate::{APPLICATION_ID, NEWEST};
use crate::store::{AttemptWrite, CredentialSetRow, SqliteOptions, SqliteStore, Store};

/// Opens what is not ours: the error names the file and a way out, and nothing in the directory has changed.
fn refused(path: &Path) -> Error {
    let before = listing(path);
    let error = SqliteStore::open(path, SqliteOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StoreNotOurs, "{}", error.chain());
    assert_eq!(error.subject(), Some(path.display().to_string().as_str()));
    assert!(error.way_out().is_some(), "{error}");
    assert_eq!(listing(path), before);
    error
}

fn listing(path: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .map(|path| {
            (path.display().to_string(), if path.is_file() { fs::read(&path).unwrap() } else { vec![] })
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_text_file_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes.txt");
    for text in ["dear diary", &"SQLite format 2, long enough to be a header of something. ".repeat(9)] {
        fs::write(&path, text).unwrap();
        assert!(refused(&path).message().contains("not an SQLite database"));
    }
}

#[test]
fn a_directory_is_no_store() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dsm.db");
    fs::create_dir(&path).unwrap();
    refused(&path);
}

#[test]
fn a_foreign_database_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("browser.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE servers (id); PRAGMA user_version = 1")
        .unwrap();
    assert!(refused(&path).message().contains("another program"));
}

#[test]
fn our_mark_without_our_tables_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dsm.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("CREATE TABLE servers (id)").unwrap();
    conn.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    conn.pragma_update(None, "user_version", NEWEST).unwrap();
    conn.close().unwrap();
    refused(&path);
}

#[test]
fn a_newer_version_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dsm.db");
    drop(open(&path));
    Connection::open(&path).unwrap().pragma_update(None, "user_version", NEWEST + 1).unwrap();
    assert!(refused(&path).message().contains(&format!("version {}", NEWEST + 1)));
}

#[test]
fn a_drifted_migration_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dsm.db");
    drop(open(&path));
    Connection::open(&path)
        .unwrap()
        .execute("UPDATE dsm_meta SET value = 'x' WHERE key = 'schema.1'", [])
        .unwrap();
    refused(&path);
}

#[test]
fn a_copy_that_was_cut_short_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dsm.db");
    drop(open(&path));
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(file.metadata().unwrap().len() - 4096).unwrap();
    assert!(refused(&path).message().contains("cut short"));
}

#[test]
fn a_missing_directory_is_one_clear_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("nowhere").join("dsm.db");
    let error = SqliteStore::open(&path, SqliteOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert_eq!(
        error.to_string(),
        format!("{}: the file cannot be created; make its directory first", path.display())
    );
}

#[test]
fn an_empty_file_is_filled() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dsm.db");
    fs::write(&path, "").unwrap();
    drop(open(&path));
    drop(open(&path));
}

#[test]
fn closing_leaves_one_private_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dsm.db");
    drop(open(&path));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn both_spellings_of_a_column_can_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dsm.db");
    let store = open(&path);
    let mut found = finding(1);
    found.patch.set.idrac_username = Some("operator".into());
    found.patch.set.overall_health = Some("OK".into());
    store.write(AttemptWrite { findings: vec![found], ..AttemptWrite::default() }).await.unwrap();
    let read = "SELECT discovered_username || health_status || idrac_username || overall_health FROM servers";
    let conn = Connection::open(&path).unwrap();
    assert_eq!(conn.query_row(read, [], |row| row.get::<_, String>(0)).unwrap(), "operatorOKoperatorOK");
}

#[test]
fn debug_shows_no_secret_column() {
    let set = CredentialSetRow {
        id: crate::CredentialSetId::new(),
        name: "site".into(),
        credential_type: "idrac".into(),
        username: "operator".into(),
        password_encrypted: Some("v1:sealed-text".into()),
        is_default: true,
        priority: 1,
        description: None,
    };
    let mut found = finding(1);
    found.patch.set.idrac_password_encrypted = Some("v1:sealed-text".into());
    assert!(!format!("{set:?} {found:?}").contains("sealed-text"));
}
