//! `scp_export` and `scp_import`.

mod export;
mod import;
mod wrong;

use dsm_core::ServerId;
use dsm_core::credential::Place;
use dsm_core::store::{ActivityQuery, AttemptWrite, RowChange, RowQuery, RowWrite, StoredRow, Table};
use dsm_core::{JobRow, JobStatus, NewJob};
use dsm_suite::ward::Ward;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

const IDRAC: &str = "iDRAC.Embedded.1";
const BIOS: &str = "BIOS.Setup.1-1";
const NTP: &str = "NTPConfigGroup.1#NTPEnable";
const VIRTUALIZATION: &str = "ProcVirtualization";

const EXPORT: &str = ".ExportSystemConfiguration";
const IMPORT: &str = ".ImportSystemConfiguration";
const PREVIEW: &str = ".ImportSystemConfigurationPreview";

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The backups of a server, the newest first.
async fn backups(ward: &Ward, server: ServerId) -> Vec<StoredRow> {
    let query = RowQuery { server_id: Some(server), ..RowQuery::of(Table::ScpBackups) };
    ward.stand.store.rows(query).await.unwrap()
}

/// The profile of a row, opened.
fn opened(ward: &Ward, row: &StoredRow) -> String {
    let sealed = row.columns["scp_raw_content"].as_str().unwrap();
    assert!(!sealed.contains("SystemConfiguration"), "it is not sealed");
    let place = Place::Row(Table::ScpBackups, row.id);
    ward.stand.cipher.open(sealed, place).unwrap().expose().to_owned()
}

/// A row as another program writes it.
async fn put(ward: &Ward, server: ServerId, columns: Value) -> Uuid {
    let id = Uuid::new_v4();
    let Value::Object(columns) = columns else { panic!("columns") };
    let mut row = Map::from_iter([
        ("server_id".to_owned(), json!(server)),
        ("backup_name".to_owned(), json!("by hand")),
        ("exported_at".to_owned(), json!("2026-01-01T00:00:00Z")),
    ]);
    row.extend(columns);
    let row = RowWrite { table: Table::ScpBackups, id, change: RowChange::Insert(row) };
    let write = AttemptWrite { rows: vec![row], ..AttemptWrite::default() };
    ward.stand.store.write(write).await.unwrap();
    id
}

/// A profile in the open, in a form every generation takes; of no model in particular where that is empty.
fn profile(model: &str, settings: &[(&str, &str, &str)]) -> String {
    let model = if model.is_empty() { String::new() } else { format!(" Model=\"{model}\"") };
    let mut text = format!("<SystemConfiguration{model}>");
    for (fqdd, name, value) in settings {
        text.push_str(&format!(
            "<Component FQDD=\"{fqdd}\"><Attribute Name=\"{name}\">{value}</Attribute></Component>"
        ));
    }
    text + "</SystemConfiguration>"
}

/// How often an iDRAC was sent an action.
fn times(ward: &Ward, place: usize, action: &str) -> usize {
    ward.commands(place).iter().filter(|line| line.ends_with(action)).count()
}

/// What a setting of the server at a place stands at.
fn setting(ward: &Ward, place: usize, fqdd: &str, name: &str) -> String {
    ward.fleet.server(place).unwrap().profile_setting(fqdd, name).unwrap_or_default()
}

/// Enqueues a job, waits until the iDRAC was sent an action, cancels the job, and gives back what is left of it.
async fn cancelled_at(ward: &Ward, job: NewJob, action: &str) -> JobRow {
    let engine = ward.stand.engine().await.unwrap();
    let id = engine.enqueue(job).await.unwrap();
    let is_there =
        || ward.stand.store.activity(ActivityQuery { job_id: Some(id), ..ActivityQuery::default() });
    while !is_there().await.unwrap().iter().any(|row| row.endpoint.ends_with(action)) {
        let row = engine.job(id).await.unwrap();
        assert!(!row.status.is_terminal(), "it ended before it came to that: {:#?}", row.details);
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    engine.cancel(id, "enough").await.unwrap();
    let row = engine.wait(id).await.unwrap();
    assert_eq!(row.status, JobStatus::Cancelled, "{:#?}", row.details);
    for server in ward.fleet.servers() {
        server.set_faults([]);
    }
    engine.shutdown().await.unwrap();
    row
}

/// All that a job left behind in the store, as text.
async fn everything(ward: &Ward, job: &JobRow) -> String {
    let store = &ward.stand.store;
    let mut text = format!("{:?} {}", job.details, job.notes.as_deref().unwrap_or_default());
    for task in store.tasks(job.id).await.unwrap() {
        text.push_str(task.log.as_deref().unwrap_or_default());
    }
    for step in store.steps(job.id).await.unwrap() {
        text.push_str(&format!("{} {} {}", step.name, step.note, step.result));
    }
    let query = ActivityQuery { job_id: Some(job.id), ..ActivityQuery::default() };
    for row in store.activity(query).await.unwrap() {
        text.push_str(
            &serde_json::to_string(&(row.request_body, row.response_body, row.error_message)).unwrap(),
        );
    }
    for table in Table::ALL {
        for row in store.rows(RowQuery::of(*table)).await.unwrap() {
            text.push_str(&Value::Object(row.columns).to_string());
        }
    }
    text
}
