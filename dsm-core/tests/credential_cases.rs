//! The credential chain, case by case: `credential_cases/<case>/{input,expected}.json`.
//!
//! Expected is the answer and everything that was looked at on the way, in order.

#![allow(clippy::expect_used, clippy::panic, reason = "helpers of a test are a test")]

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use dsm_core::credential::{
    Chain, Cipher, CredentialResolver, CredentialTables, EnvCredentials, Outcome, Place, Purpose, Secret,
    Target,
};
use dsm_core::store::{CredentialRangeRow, CredentialSetRow};
use dsm_core::{CredentialSetId, ErrorKind, Result, ServerId};
use serde::Deserialize;
use zeroize::Zeroizing;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    #[serde(default)]
    purpose: Option<String>,
    sets: Vec<Set>,
    ranges: Vec<Range>,
    env: Env,
    target: Device,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    name: String,
    username: String,
    password: Option<String>,
    #[serde(rename = "type")]
    credential_type: Option<String>,
    #[serde(default)]
    is_default: bool,
    #[serde(default)]
    priority: i64,
    /// `other`: sealed with a key that is not at hand.
    key: Option<String>,
    #[serde(default)]
    damaged: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    range: String,
    set: String,
    priority: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Env {
    user: Option<String>,
    password: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Device {
    address: Option<String>,
    service_tag: Option<String>,
    credential_set: Option<String>,
    username: Option<String>,
    password: Option<String>,
    discovered_by: Option<String>,
    key: Option<String>,
    #[serde(default)]
    sealed_by_tag: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    source: Option<String>,
    username: Option<String>,
    password: Option<String>,
    set: Option<String>,
    error: Option<String>,
    #[serde(default)]
    says: Vec<String>,
    tried: Vec<(String, String)>,
}

#[derive(Debug)]
struct Tables(Vec<CredentialSetRow>, Vec<CredentialRangeRow>);

#[async_trait]
impl CredentialTables for Tables {
    async fn sets(&self) -> Result<Vec<CredentialSetRow>> {
        Ok(self.0.clone())
    }

    async fn ranges(&self) -> Result<Vec<CredentialRangeRow>> {
        Ok(self.1.clone())
    }
}

fn cipher(key: Option<&str>) -> Cipher {
    Cipher::from_key(Zeroizing::new([if key.is_some() { 2 } else { 1 }; 32]))
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> T {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn set_row(set: &Set, id: CredentialSetId) -> CredentialSetRow {
    let sealed = set.password.as_deref().map(|password| {
        let sealed = cipher(set.key.as_deref())
            .seal(&Secret::new(password), Place::CredentialSet(id))
            .expect("sealed");
        let mut sealed = sealed.into_string();
        if set.damaged {
            sealed.insert(sealed.len() - 8, 'A');
        }
        sealed
    });
    CredentialSetRow {
        id,
        name: set.name.clone(),
        credential_type: set.credential_type.clone().unwrap_or_else(|| "idrac".to_owned()),
        username: set.username.clone(),
        password_encrypted: sealed,
        is_default: set.is_default,
        priority: set.priority,
        description: None,
    }
}

fn world(input: &Input) -> (Chain, Target, HashMap<String, CredentialSetId>) {
    let ids: HashMap<_, _> =
        input.sets.iter().map(|set| (set.name.clone(), CredentialSetId::new())).collect();
    let id = |name: &String| ids.get(name).copied().unwrap_or_default();
    let sets = input.sets.iter().map(|set| set_row(set, id(&set.name))).collect();
    let ranges = input.ranges.iter().map(|range| CredentialRangeRow {
        id: uuid::Uuid::now_v7(),
        credential_set_id: id(&range.set),
        ip_range: range.range.clone(),
        priority: range.priority,
        description: None,
    });
    let device = &input.target;
    let server_id = ServerId::new();
    let place = match &device.service_tag {
        Some(tag) if device.sealed_by_tag => Place::ServerTag(tag),
        _ => Place::Server(server_id),
    };
    let sealed = device.password.as_deref().map(|password| {
        cipher(device.key.as_deref()).seal(&Secret::new(password), place).expect("sealed").into_string()
    });
    let target = Target {
        server_id: Some(server_id),
        address: device.address.as_deref().map(|text| text.parse().expect("an address")),
        service_tag: device.service_tag.clone(),
        credential_set_id: device.credential_set.as_ref().map(id),
        username: device.username.clone(),
        password_encrypted: sealed,
        discovered_by: device.discovered_by.as_ref().map(id),
    };
    let env = EnvCredentials::new(input.env.user.clone(), input.env.password.clone().map(Secret::new));
    let chain = Chain::over(Arc::new(Tables(sets, ranges.collect())), Arc::new(cipher(None)), env);
    (chain, target, ids)
}

#[tokio::test]
async fn every_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/credential_cases");
    let mut cases: Vec<_> =
        fs::read_dir(&folder).expect("the cases").map(|entry| entry.expect("an entry").path()).collect();
    cases.sort();
    assert!(cases.len() >= 20, "the folder is not the one meant");
    for case in cases {
        let name = case.display();
        let (input, expected): (Input, Expected) =
            (read(&case.join("input.json")), read(&case.join("expected.json")));
        let (chain, target, ids) = world(&input);
        let purpose = match input.purpose.as_deref() {
            Some("esxi") => Purpose::Esxi,
            _ => Purpose::Idrac,
        };
        let explained = chain.explain(&target, purpose).await;
        let tried: Vec<_> =
            explained.tried.into_iter().map(|step| (step.level.as_str().to_owned(), step.note)).collect();
        assert_eq!(tried, expected.tried, "{name}");
        match (explained.result, chain.resolve(&target, purpose).await) {
            (Ok(found), Ok(resolved)) => {
                assert_eq!(found, resolved, "{name}");
                assert_eq!(Some(found.source.as_str()), expected.source.as_deref(), "{name}");
                assert_eq!(Some(&found.username), expected.username.as_ref(), "{name}");
                assert_eq!(Some(found.secret.expose()), expected.password.as_deref(), "{name}");
                assert_eq!(found.set_id, expected.set.as_ref().map(|set| ids[set]), "{name}");
            }
            (Err(error), Err(again)) => {
                assert_eq!(Some(error.kind().as_str()), expected.error.as_deref(), "{name}: {error}");
                assert_eq!(error.to_string(), again.to_string(), "{name}");
                for part in &expected.says {
                    assert!(error.chain().contains(part), "{name}: {} lacks {part}", error.chain());
                }
                assert!(!format!("{error:?}").contains("own-p"), "{name}");
            }
            (found, resolved) => panic!("{name}: {found:?} {resolved:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_device_refused_twice_is_not_sent_again_until_it_changes_or_time_passes() {
    let input = r#"{"sets": [{"name": "a", "username": "root", "password": "planted-7f", "is_default": true}],
        "ranges": [], "env": {}, "target": {"address": "10.0.0.1"}}"#;
    let (chain, target, _) = world(&serde_json::from_str(input).expect("an input"));
    let other = Target::at("10.0.0.2".parse().expect("an address"));
    for _ in 0..2 {
        let found = chain.resolve(&target, Purpose::Idrac).await.expect("found");
        chain.report(&target, &found, Outcome::Rejected).await;
    }
    let error = chain.resolve(&target, Purpose::Idrac).await.expect_err("refused twice");
    assert_eq!(error.kind(), ErrorKind::Credential);
    assert!(
        error.to_string().contains("10.0.0.1: it refused user \"root\" (default_set) 2 times"),
        "{error}"
    );
    assert!(!format!("{error:?}{chain:?}").contains("planted"));
    let found = chain.resolve(&other, Purpose::Idrac).await.expect("another device is not concerned");
    chain.report(&target, &found, Outcome::Accepted).await;
    for _ in 0..2 {
        let found = chain.resolve(&target, Purpose::Idrac).await.expect("an acceptance forgets");
        chain.report(&target, &found, Outcome::Rejected).await;
    }
    chain.resolve(&target, Purpose::Idrac).await.expect_err("refused twice");
    tokio::time::advance(std::time::Duration::from_secs(31 * 60)).await;
    let found = chain.resolve(&target, Purpose::Idrac).await.expect("time passed");
    chain.report(&target, &found, Outcome::Rejected).await;
    chain.report(&target, &found, Outcome::Rejected).await;
    chain.refresh().await;
    chain.resolve(&target, Purpose::Idrac).await.expect("an operator said so");
}
