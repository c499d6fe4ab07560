//! Secure boot and its keys, measurements of parts, key management.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use hyper::Method;
use hyper::header::LOCATION;
use serde_json::{Map, Value, json};

use super::effect::JobEffect;
use super::job::{self, NewJob, Trigger};
use super::{Area, answer};
use crate::dynamic::Listing;
use crate::handle::Asked;
use crate::read::error;
use crate::reply::Reply;
use crate::server::Server;
use crate::tree::{MANAGER, SYSTEM};

/// The key databases.
pub(crate) const DATABASES: [&str; 4] = ["PK", "KEK", "db", "dbx"];

/// A change that waits for the next start of the host.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Enable(bool),
    Add { database: String, key: Key },
    Delete { database: String, id: String },
    Reset { databases: Vec<String>, to_default: bool },
}

/// A certificate or a hash.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    id: String,
    /// A hash; a certificate otherwise.
    is_hash: bool,
    text: String,
}

/// What of it changes while a server runs.
#[derive(Debug, Default)]
pub(crate) struct State {
    enabled: Option<bool>,
    /// Databases that differ from what the server was delivered with.
    keys: BTreeMap<String, Vec<Key>>,
    next: u32,
}

pub(crate) const AREA: Area = Area { list, overlay, change, ..Area::NOTHING };

fn delivered(database: &str) -> Vec<Key> {
    let certificate = |id: &str| Key { id: id.into(), is_hash: false, text: String::new() };
    let hash =
        |nth: u32| Key { id: format!("StdSecbootpolicy.{nth}"), is_hash: true, text: format!("{nth:064X}") };
    match database {
        "PK" => vec![certificate("StdSecbootpolicy.1")],
        "KEK" => vec![certificate("StdSecbootpolicy.2")],
        "db" => vec![certificate("StdSecbootpolicy.3"), certificate("StdSecbootpolicy.4")],
        _ => (7..10).map(hash).collect(),
    }
}

impl State {
    fn keys(&self, database: &str) -> Vec<Key> {
        self.keys.get(database).cloned().unwrap_or_else(|| delivered(database))
    }

    /// Carries out what waited for the start of the host.
    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::Enable(enabled) => self.enabled = Some(enabled),
            Change::Add { database, key } => {
                let mut keys = self.keys(&database);
                keys.push(key);
                self.keys.insert(database, keys);
            }
            Change::Delete { database, id } => {
                let mut keys = self.keys(&database);
                keys.retain(|key| key.id != id);
                self.keys.insert(database, keys);
            }
            Change::Reset { databases, to_default } => {
                for database in databases {
                    let keys = if to_default { delivered(&database) } else { Vec::new() };
                    self.keys.insert(database, keys);
                }
            }
        }
    }
}

/// Database and kind of a collection of keys.
fn collection<'a>(server: &Server, path: &'a str) -> Option<(&'a str, bool)> {
    let rest = path.strip_prefix(SYSTEM)?.strip_prefix("/SecureBoot/SecureBootDatabases/")?;
    let (database, kind) = rest.split_once('/')?;
    let is_hash = match kind {
        "Certificates" => false,
        "Signatures" => true,
        _ => return None,
    };
    server
        .tree
        .has(&format!("{SYSTEM}/SecureBoot/SecureBootDatabases/{database}"))
        .then_some((database, is_hash))
}

fn list(server: &Server, path: &str) -> Option<Listing> {
    if matches!(server.tree, crate::tree::Tree::Mockup(_)) {
        return None;
    }
    let (database, is_hash) = collection(server, path)?;
    let keys = server.state().security.keys(database);
    let members = keys.iter().filter(|key| key.is_hash == is_hash).map(|key| shown(path, key)).collect();
    let kind = if is_hash { "Signature" } else { "Certificate" };
    Some(Listing {
        path: path.into(),
        kind: kind.into(),
        name: format!("{kind}Collection"),
        members,
        embedded: false,
        page: None,
        past_end: None,
    })
}

fn shown(home: &str, key: &Key) -> Value {
    let (id, path) = (&key.id, format!("{home}/{}", key.id));
    if key.is_hash {
        return json!({"@odata.id": path, "@odata.type": "#Signature.v1_0_2.Signature", "Id": id,
            "Name": "SecureBoot Signature", "SignatureString": key.text, "SignatureType": "SHA256",
            "SignatureTypeRegistry": "UEFI"});
    }
    let who = json!({"CommonName": format!("Simulated {id}"), "Organization": "Simulated"});
    json!({"@odata.id": path, "@odata.type": "#Certificate.v1_7_0.Certificate", "Id": id,
        "CertificateString": null, "CertificateType": "PEM", "CertificateUsageTypes": ["BIOS"], "Issuer": who,
        "Name": "SecureBoot Certificate", "Subject": who, "ValidNotAfter": "2036-6-24T20:51:29+00:00",
        "ValidNotBefore": "2011-6-24T20:41:29+00:00"})
}

fn overlay(server: &Server, path: &str) -> Option<Value> {
    let enabled = server.state().security.enabled?;
    let is_it = path.strip_prefix(SYSTEM) == Some("/SecureBoot");
    let current = if enabled { "Enabled" } else { "Disabled" };
    is_it.then(|| json!({"SecureBootEnable": enabled, "SecureBootCurrentBoot": current}))
}

fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    let path = asked.path.as_str();
    let home = format!("{SYSTEM}/SecureBoot");
    let reply = if path == home && asked.method == Method::PATCH {
        enable(server, asked)
    } else if let Some(rest) = path.strip_prefix(&home) {
        secure_boot(server, asked, rest)?
    } else if let Some(rest) = path.strip_prefix("/redfish/v1/ComponentIntegrity/") {
        measure(server, asked, rest)?
    } else {
        key_management(server, asked)?
    };
    Some(reply.unwrap_or_else(|refused| refused))
}

fn enable(server: &Server, asked: &Asked) -> Result<Reply, Reply> {
    let body = answer::object(server, asked)?;
    match body.get("SecureBootEnable") {
        Some(Value::Bool(enabled)) => Ok(later(server, Change::Enable(*enabled), &[])),
        _ => Err(error(server, 400, &["PropertyMissing", "SYS428"])),
    }
}

/// A job that waits for the next start of the host.
fn later(server: &Server, change: Change, ids: &[&str]) -> Reply {
    let job = NewJob {
        trigger: Trigger::Restart,
        effect: JobEffect::SecureBoot(change),
        ..NewJob::new("BIOSConfiguration", "Configure: BIOS.Setup.1-1", Duration::from_secs(20))
    };
    let id = job::add(&mut server.state(), server.world(), server.clock.now(), job);
    if ids.is_empty() {
        return answer::accepted(server, &id);
    }
    let location = answer::accepted(server, &id).headers.remove(LOCATION);
    let mut reply = answer::said(server, ids, Map::new());
    if let Some(location) = location {
        reply.headers.insert(LOCATION, location);
    }
    Reply { status: 202, ..reply }
}

fn secure_boot(server: &Server, asked: &Asked, rest: &str) -> Option<Result<Reply, Reply>> {
    if asked.method == Method::POST && rest == "/Actions/SecureBoot.ResetKeys" {
        return server.tree.has(&format!("{SYSTEM}/SecureBoot")).then(|| reset(server, asked, None));
    }
    if let Some(database) = rest
        .strip_prefix("/SecureBootDatabases/")
        .and_then(|rest| rest.strip_suffix("/Actions/SecureBootDatabase.ResetKeys"))
    {
        return DATABASES.contains(&database).then(|| reset(server, asked, Some(database)));
    }
    let path = asked.path.as_str();
    if asked.method == Method::POST {
        let (database, is_hash) = collection(server, path)?;
        return Some(add(server, asked, database, is_hash));
    }
    let (home, id) = path.rsplit_once('/')?;
    let (database, is_hash) = collection(server, home)?;
    if asked.method != Method::DELETE {
        return None;
    }
    let keys = server.state().security.keys(database);
    if !keys.iter().any(|key| key.id == id && key.is_hash == is_hash) {
        return Some(Err(error(server, 404, &["SYS403"])));
    }
    let change = Change::Delete { database: database.into(), id: id.into() };
    Some(Ok(later(server, change, &["Success", "RAC1204"])))
}

fn reset(server: &Server, asked: &Asked, database: Option<&str>) -> Result<Reply, Reply> {
    let kind = answer::text(server, &answer::object(server, asked)?, "ResetKeysType")?;
    let all = || DATABASES.map(str::to_owned).to_vec();
    let (databases, to_default) = match (kind.as_str(), database) {
        ("ResetAllKeysToDefault", None) => (all(), true),
        ("DeleteAllKeys", None) => (all(), false),
        ("ResetAllKeysToDefault", Some(one)) => (vec![one.to_owned()], true),
        ("DeleteAllKeys", Some(one)) => (vec![one.to_owned()], false),
        ("DeletePK", None) => (vec!["PK".into()], false),
        ("ResetPK", None) => (vec!["PK".into()], true),
        ("ResetKEK", None) => (vec!["KEK".into()], true),
        ("ResetDB", None) => (vec!["db".into()], true),
        ("ResetDBX", None) => (vec!["dbx".into()], true),
        _ => return Err(error(server, 400, &["ActionParameterNotSupported", "SYS429"])),
    };
    Ok(later(server, Change::Reset { databases, to_default }, &["Success", "RAC1207"]))
}

fn add(server: &Server, asked: &Asked, database: &str, is_hash: bool) -> Result<Reply, Reply> {
    let body = answer::object(server, asked)?;
    let key = if is_hash { "SignatureString" } else { "CertificateString" };
    let text = answer::text(server, &body, key)?;
    let known = server.state().security.keys(database).iter().any(|key| !text.is_empty() && key.text == text);
    if known {
        return Err(error(server, 400, &["RAC1215"]));
    }
    if is_hash && matches!(database, "PK" | "KEK") {
        return Err(error(server, 400, &["RAC1211"]));
    }
    let nth = {
        let mut state = server.state();
        state.security.next += 1;
        state.security.next
    };
    let key = Key { id: format!("CustSecbootpolicy.{nth}"), is_hash, text };
    Ok(later(server, Change::Add { database: database.into(), key }, &["Success", "RAC1203"]))
}

fn measure(server: &Server, asked: &Asked, rest: &str) -> Option<Result<Reply, Reply>> {
    let id = rest.strip_suffix("/Actions/ComponentIntegrity.SPDMGetSignedMeasurements")?;
    if asked.method != Method::POST || !server.tree.has(&format!("/redfish/v1/ComponentIntegrity/{id}")) {
        return None;
    }
    Some(answer::object(server, asked).map(|body| {
        let nonce = body.get("Nonce").and_then(Value::as_str).unwrap_or("none");
        let signed = base64::engine::general_purpose::STANDARD.encode(format!("{id} {nonce}"));
        let reply = json!({"SignedMeasurements": signed, "Version": "1.1.0",
            "HashingAlgorithm": "TPM_ALG_SHA_384", "SigningAlgorithm": "TPM_ALG_ECDSA_ECC_NIST_P384"});
        Reply::value(200, &reply)
    }))
}

fn key_management(server: &Server, asked: &Asked) -> Option<Result<Reply, Reply>> {
    let service = format!("{MANAGER}/Oem/Dell/DelliDRACCardService");
    let action = asked.path.strip_prefix(&service)?.strip_prefix("/Actions/DelliDRACCardService.")?;
    if asked.method != Method::POST || !server.tree.has(&service) {
        return None;
    }
    let job = |name: &str| {
        let new = NewJob::new("KeyManagement", name, Duration::from_secs(60));
        let id = job::add(&mut server.state(), server.world(), server.clock.now(), new);
        Ok(answer::accepted(server, &id))
    };
    match action {
        "GenerateSEKMCSR" => {
            let mut reply = Map::new();
            let csr = "-----BEGIN CERTIFICATE REQUEST-----\nU0VLTQ==\n-----END CERTIFICATE REQUEST-----\n";
            reply.insert("CSRString".into(), csr.into());
            Some(Ok(answer::said(server, &["Success"], reply)))
        }
        "EnableSEKM" | "DisableSEKM" | "EnableiLKM" | "DisableiLKM" | "Rekey" => Some(job(action)),
        "TestSEKMServerConnection" => Some(Ok(answer::done(server))),
        _ => None,
    }
}
