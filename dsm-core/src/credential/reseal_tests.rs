//! All stored passwords under another key.

use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::credential::{KEY_LENGTH, Key, Keys, OldKey};
use crate::id::{CredentialSetId, JobId, ServerId};
use crate::job::NewJob;
use crate::store::{
    AttemptWrite, CredentialSetRow, MemoryStore, RowChange, RowWrite, ServerFields, ServerPatch,
};

fn key(byte: u8) -> Key {
    Key::new([byte; KEY_LENGTH])
}

fn set(id: CredentialSetId, sealed: String) -> CredentialSetRow {
    CredentialSetRow {
        id,
        name: id.to_string(),
        credential_type: "idrac".to_owned(),
        username: "root".to_owned(),
        password_encrypted: Some(sealed),
        is_default: false,
        priority: 1,
        description: None,
    }
}

async fn put_server(store: &MemoryStore, id: ServerId, tag: &str, sealed: String) {
    let set = ServerFields {
        service_tag: Some(tag.to_owned()),
        idrac_username: Some("root".to_owned()),
        idrac_password_encrypted: Some(sealed),
        ..ServerFields::default()
    };
    store.put_servers(vec![(id, ServerPatch { set, clear: Vec::new() })]).await.expect("stored");
}

/// Sets, servers of both kinds, and a job, all sealed with one key.
async fn filled(cipher: &Cipher) -> (MemoryStore, Vec<CredentialSetId>, ServerId, ServerId, JobId) {
    let store = MemoryStore::new();
    let secret = Secret::new("planted-7f");
    let sealed = |place: Place<'_>| cipher.seal(&secret, place).expect("sealed").into_string();
    let sets: Vec<CredentialSetId> = (0..250).map(|_| CredentialSetId::new()).collect();
    for id in &sets {
        store.put_credential_set(set(*id, sealed(Place::CredentialSet(*id)))).await.expect("stored");
    }
    let (by_row, by_tag, job) = (ServerId::new(), ServerId::new(), JobId::new());
    put_server(&store, by_row, "AAAA001", sealed(Place::Server(by_row))).await;
    put_server(&store, by_tag, "AAAA002", sealed(Place::ServerTag("AAAA002"))).await;
    let mut details = json!({"share": {"password": "planted-7f"}}).as_object().cloned().unwrap_or_default();
    crate::credential::details::seal(&mut details, job, cipher).expect("sealed");
    store
        .enqueue(vec![NewJob { id: Some(job), details, ..NewJob::new("scp_export") }])
        .await
        .expect("stored");
    (store, sets, by_row, by_tag, job)
}

#[tokio::test]
async fn everything_goes_over_and_a_second_time_finds_nothing_to_do() {
    let cipher = Cipher::from_key(key(1));
    let (store, sets, _, by_tag, job) = filled(&cipher).await;
    cipher.seal_with(&key(2));
    let plan =
        reseal(&store, &cipher, ResealOptions { dry_run: true, convert_old: false }).await.expect("looked");
    assert_eq!((plan.other_keys, plan.resealed, plan.current), (253, 0, 0), "{plan:?}");
    let done = reseal(&store, &cipher, ResealOptions::default()).await.expect("done");
    assert_eq!((done.other_keys, done.resealed, done.unreadable), (253, 253, 0), "{done:?}");
    let again = reseal(&store, &cipher, ResealOptions::default()).await.expect("done");
    assert_eq!((again.current, again.other_keys, again.resealed), (253, 0, 0), "{again:?}");

    // The old key is needed no more.
    let alone = Cipher::from_key(key(2));
    let rows = store.credential_sets().await.expect("read");
    let sealed = rows.iter().find(|row| row.id == sets[200]).and_then(|row| row.password_encrypted.clone());
    assert_eq!(
        alone.open(&sealed.expect("there"), Place::CredentialSet(sets[200])).expect("opened").expose(),
        "planted-7f"
    );
    let servers =
        store.servers(ServerQuery { ids: vec![by_tag], ..ServerQuery::default() }).await.expect("read");
    let sealed = servers[0].fields.idrac_password_encrypted.clone().expect("there");
    alone.open(&sealed, Place::ServerTag("AAAA002")).expect("still bound to its tag");
    let jobs = store.jobs(JobQuery { ids: vec![job], ..JobQuery::default() }).await.expect("read");
    let opened = crate::credential::details::open(&jobs[0].details, "/share/password", job, &alone);
    assert_eq!(opened.expect("opened").expect("there").expose(), "planted-7f");
}

#[tokio::test]
async fn profiles_and_share_passwords_go_over_and_plain_ones_stay() {
    let cipher = Cipher::from_key(key(1));
    let (store, server) = (MemoryStore::new(), ServerId::new());
    put_server(&store, server, "AAAA001", String::new()).await;
    let profile = "<Setting>planted-7f</Setting>".repeat(40_000);
    let sealed = |secret: &str, table, id| {
        cipher.seal(&Secret::new(secret), Place::Row(table, id)).expect("sealed").into_string()
    };
    let backup = |id, raw: String| RowWrite {
        table: Table::ScpBackups,
        id,
        change: RowChange::Insert(object(&json!({
            "server_id": server, "exported_at": "2026-05-01T10:00:00Z", "backup_name": "b", "scp_raw_content": raw,
        }))),
    };
    let ids: Vec<Uuid> = (0..12).map(Uuid::from_u128).collect();
    let (table, session, plain) = (Table::ScpBackups, Uuid::from_u128(50), Uuid::from_u128(51));
    let mut rows: Vec<RowWrite> = ids.iter().map(|id| backup(*id, sealed(&profile, table, *id))).collect();
    rows.push(backup(plain, "<SystemConfiguration/>".to_owned()));
    rows.push(RowWrite {
        table: Table::VirtualMediaSessions,
        id: session,
        change: RowChange::Insert(object(&json!({
            "server_id": server, "share_password_encrypted": sealed("planted-7f", Table::VirtualMediaSessions, session),
        }))),
    });
    store.write(AttemptWrite { rows, ..AttemptWrite::default() }).await.expect("stored");

    cipher.seal_with(&key(2));
    let done = reseal(&store, &cipher, ResealOptions::default()).await.expect("done");
    assert_eq!(
        (done.other_keys, done.resealed, done.old_format, done.unreadable),
        (13, 13, 0, 0),
        "{done:?}"
    );
    let again = reseal(&store, &cipher, ResealOptions::default()).await.expect("done");
    assert_eq!((again.current, again.resealed), (13, 0), "{again:?}");
    let alone = Cipher::from_key(key(2));
    for row in store.rows(RowQuery::of(table)).await.expect("read") {
        let text = row.columns["scp_raw_content"].as_str().expect("a text");
        match row.id == plain {
            true => assert_eq!(text, "<SystemConfiguration/>"),
            false => {
                assert!(alone.open(text, Place::Row(table, row.id)).expect("opened").expose() == profile);
                assert!(alone.open(text, Place::Row(table, session)).is_err(), "bound to its row");
            }
        }
    }
    let sessions = store.rows(RowQuery::of(Table::VirtualMediaSessions)).await.expect("read");
    let text = sessions[0].columns["share_password_encrypted"].as_str().expect("a text");
    alone.open(text, Place::Row(Table::VirtualMediaSessions, session)).expect("opened");
}

fn object(value: &serde_json::Value) -> serde_json::Map<String, serde_json::Value> {
    value.as_object().cloned().unwrap_or_default()
}

#[tokio::test]
async fn begun_and_killed_it_goes_on_where_both_keys_are() {
    let cipher = Cipher::from_key(key(1));
    let (store, sets, ..) = filled(&cipher).await;
    // A hundred had gone over when the process was killed.
    let newer = Cipher::from_key(key(2));
    for id in &sets[..100] {
        let sealed =
            newer.seal(&Secret::new("planted-7f"), Place::CredentialSet(*id)).expect("sealed").into_string();
        store.put_credential_set(set(*id, sealed)).await.expect("stored");
    }
    let both = Cipher::from_keys(Keys { current: key(2), older: vec![key(1)] });
    let done = reseal(&store, &both, ResealOptions::default()).await.expect("done");
    assert_eq!(
        (done.current, done.other_keys, done.resealed, done.unreadable),
        (100, 153, 153, 0),
        "{done:?}"
    );
    // One that has the new key alone opens all of it; one that came without it says which key is wanted.
    let error = cipher.open(
        &store.credential_sets().await.expect("read")[0].password_encrypted.clone().expect("there"),
        Place::CredentialSet(store.credential_sets().await.expect("read")[0].id),
    );
    assert!(error.expect_err("the old key alone").to_string().contains(&newer.key_id()));
}

#[tokio::test]
async fn what_does_not_open_is_named_and_left_and_the_existing_systems_form_waits_to_be_asked_for() {
    let cipher = Cipher::from_key(key(2));
    let store = MemoryStore::new();
    let (damaged, foreign, theirs) = (CredentialSetId::new(), CredentialSetId::new(), CredentialSetId::new());
    let elsewhere = Cipher::from_key(key(9))
        .seal(&Secret::new("planted-7f"), Place::CredentialSet(foreign))
        .expect("sealed");
    for (id, sealed) in [
        (damaged, format!("dsm1:{}:AAAA", cipher.key_id())),
        (foreign, elsewhere.into_string()),
        (theirs, "md+L5w3djs6IymPpoTz/YQ==".to_owned()),
    ] {
        store.put_credential_set(set(id, sealed)).await.expect("stored");
    }
    let before =
        reseal(&store, &cipher, ResealOptions { dry_run: false, convert_old: true }).await.expect("done");
    assert_eq!(
        (before.other_keys, before.old_format, before.unreadable, before.resealed),
        (1, 1, 2, 0),
        "{before:?}"
    );
    assert!(before.problems.iter().any(|problem| problem.contains(&foreign.to_string())), "{before:?}");
    assert!(!format!("{before:?}").contains("planted"));
    cipher.accept_old(OldKey::from_bytes(&(0..32).collect::<Vec<_>>()).expect("a key"));
    let left = reseal(&store, &cipher, ResealOptions::default()).await.expect("done");
    assert_eq!((left.old_format, left.resealed), (1, 0), "only where it is asked for");
    let done =
        reseal(&store, &cipher, ResealOptions { dry_run: false, convert_old: true }).await.expect("done");
    assert_eq!((done.old_format, done.resealed), (1, 1), "{done:?}");
    let rows = store.credential_sets().await.expect("read");
    let sealed = rows
        .iter()
        .find(|row| row.id == theirs)
        .and_then(|row| row.password_encrypted.clone())
        .expect("there");
    assert_eq!(
        Cipher::from_key(key(2)).open(&sealed, Place::CredentialSet(theirs)).expect("opened").expose(),
        "calvin"
    );
}
