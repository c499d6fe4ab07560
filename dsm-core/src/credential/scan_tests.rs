use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use super::*;
use crate::credential::{Cipher, CredentialTables, EnvCredentials, Place};
use crate::error::ErrorKind;
use crate::id::ServerId;
use crate::store::CredentialRangeRow;

#[derive(Debug, Default)]
struct Book {
    sets: Vec<CredentialSetRow>,
    ranges: Vec<CredentialRangeRow>,
    reads: AtomicUsize,
}

#[async_trait]
impl CredentialTables for Book {
    async fn sets(&self) -> Result<Vec<CredentialSetRow>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        Ok(self.sets.clone())
    }

    async fn ranges(&self) -> Result<Vec<CredentialRangeRow>> {
        Ok(self.ranges.clone())
    }
}

fn cipher(byte: u8) -> Cipher {
    Cipher::from_key(Zeroizing::new([byte; 32]))
}

impl Book {
    fn set(&mut self, name: &str, username: &str, password: &str, priority: i64) -> CredentialSetId {
        let id = CredentialSetId::new();
        let sealed = cipher(1).seal(&Secret::new(password), Place::CredentialSet(id)).expect("sealed");
        self.sets.push(CredentialSetRow {
            id,
            name: name.to_owned(),
            credential_type: "idrac".to_owned(),
            username: username.to_owned(),
            password_encrypted: Some(sealed.into_string()),
            is_default: false,
            priority,
            description: None,
        });
        id
    }

    fn range(&mut self, set: CredentialSetId, ip_range: &str, priority: i64) {
        let (id, ip_range) = (uuid::Uuid::now_v7(), ip_range.to_owned());
        self.ranges.push(CredentialRangeRow {
            id,
            credential_set_id: set,
            ip_range,
            priority,
            description: None,
        });
    }

    async fn scan(self, env: EnvCredentials, job_sets: &[CredentialSetId]) -> Arc<ScanCredentials> {
        let chain = Chain::over(Arc::new(self), Arc::new(cipher(1)), env);
        ScanCredentials::load(Arc::new(chain), job_sets, GuardLimits::default()).await.expect("loaded")
    }
}

fn ip(last: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, last])
}

fn names(candidates: &[Candidate]) -> Vec<String> {
    candidates.iter().map(|candidate| format!("{} {}", candidate.name, candidate.source)).collect()
}

#[tokio::test]
async fn the_order_of_what_is_offered() {
    let mut book = Book::default();
    let fleet = book.set("fleet", "root", "a", 10);
    let spare = book.set("spare", "root", "b", 5);
    let rack = book.set("rack", "root", "c", 900);
    let building = book.set("building", "root", "d", 1);
    let found_by = book.set("found by", "root", "e", 100);
    let default = book.set("default", "root", "f", 100);
    book.sets.iter_mut().filter(|set| set.id == default).for_each(|set| set.is_default = true);
    book.range(building, "10.0.0.0/8", 20);
    book.range(rack, "10.0.0.0/24", 10);
    let env = EnvCredentials::new(Some("env".to_owned()), Some(Secret::new("g")));
    let scan = book.scan(env, &[fleet, spare]).await;
    let general = [
        "spare job_credential_set_ids",
        "fleet job_credential_set_ids",
        "default default_set",
        "environment defaults",
    ];
    assert_eq!(names(&scan.candidates("192.168.0.1".parse().expect("ip"), None)), general);

    let server = Target { discovered_by: Some(found_by), ..Target::at(ip(1)) };
    let offered = names(&scan.candidates(ip(1), Some(&server)));
    assert_eq!(
        offered[..3],
        ["found by discovered_by_credential_set_id", "rack ip_range", "building ip_range"]
    );
    assert_eq!(offered[3..], general);

    // What was accepted last goes before the rest of the general ones, never before what is particular to the address.
    let mut tries = scan.tries("192.168.0.2".parse().expect("ip"), None);
    tries.next().await.expect("spare").rejected();
    assert_eq!(tries.next().await.expect("fleet").accepted().name, "fleet");
    assert_eq!(scan.last_good(), Some(fleet));
    let offered = names(&scan.candidates(ip(2), None));
    assert_eq!(
        offered[..4],
        [
            "rack ip_range",
            "building ip_range",
            "fleet job_credential_set_ids",
            "spare job_credential_set_ids"
        ]
    );
    // And what this very iDRAC accepted goes before everything, what it refused is gone.
    let again = names(&scan.candidates("192.168.0.2".parse().expect("ip"), None));
    assert_eq!(again, ["fleet job_credential_set_ids", "default default_set", "environment defaults"]);
}

#[tokio::test]
async fn three_an_idrac_each_user_and_password_once() {
    let mut book = Book::default();
    let ids: Vec<_> = [("one", "a"), ("same as one", "a"), ("two", "b"), ("three", "c"), ("four", "d")]
        .iter()
        .enumerate()
        .map(|(at, (name, password))| book.set(name, "root", password, at as i64))
        .collect();
    let scan = book.scan(EnvCredentials::none(), &ids).await;
    let mut tries = scan.tries(ip(1), None);
    let mut sent = Vec::new();
    while let Some(attempt) = tries.next().await {
        sent.push(attempt.rejected().name);
    }
    assert_eq!(sent, ["one", "two", "three"]);
    assert!(scan.tries(ip(1), None).next().await.is_none(), "three were spent on it in this job");
    assert_eq!(scan.tries(ip(2), None).next().await.expect("another iDRAC").candidate().name, "one");
}

#[tokio::test]
async fn a_stale_password_reaches_five_idracs_of_a_thousand_and_the_good_one_all() {
    let mut book = Book::default();
    let stale = book.set("stale", "svc@corp.example", "old", 1);
    let good = book.set("good", "root", "good", 2);
    let scan = book.scan(EnvCredentials::none(), &[stale, good]).await;
    let sent = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for n in 0..1_000u32 {
        let (scan, sent) = (scan.clone(), sent.clone());
        tasks.spawn(async move {
            let mut tries = scan.tries(IpAddr::V4((0x0a00_0000 + n).into()), None);
            while let Some(attempt) = tries.next().await {
                tokio::task::yield_now().await;
                if attempt.candidate().secret.expose() == "good" {
                    attempt.accepted();
                    return true;
                }
                sent.fetch_add(1, Ordering::Relaxed);
                attempt.rejected();
            }
            false
        });
    }
    let mut found = 0;
    while let Some(done) = tasks.join_next().await {
        found += usize::from(done.expect("no panic"));
    }
    assert_eq!((found, sent.load(Ordering::Relaxed)), (1_000, 5));
    let suspended = scan.suspended();
    assert_eq!(suspended.len(), 1);
    assert_eq!(
        (suspended[0].name.as_str(), suspended[0].set_id, suspended[0].refused_in_a_row),
        ("stale", Some(stale), 5)
    );
}

#[tokio::test]
async fn a_directory_account_is_one_whatever_its_passwords() {
    let mut book = Book::default();
    let (old, older) = (book.set("old", "CORP\\svc", "a", 1), book.set("older", "corp\\svc", "b", 2));
    let local = book.set("local", "root", "c", 3);
    book.range(old, "10.0.0.0/8", 1);
    book.range(older, "10.0.0.0/8", 2);
    let scan = book.scan(EnvCredentials::none(), &[local]).await;
    let mut sent: HashMap<String, usize> = HashMap::new();
    for n in 0..20 {
        let mut tries = scan.tries(ip(n), None);
        while let Some(attempt) = tries.next().await {
            *sent.entry(attempt.candidate().username.to_lowercase()).or_default() += 1;
            if attempt.candidate().username == "root" {
                attempt.accepted();
                break;
            }
            attempt.rejected();
        }
    }
    assert_eq!(sent["corp\\svc"], 5);
    assert_eq!(scan.suspended().len(), 2, "both of its passwords are named");
}

#[tokio::test]
async fn what_cannot_serve_is_reported_once_and_the_rest_goes_on() {
    let mut book = Book::default();
    let (esxi, broken, good) = (
        book.set("esxi", "root", "a", 1),
        book.set("broken", "root", "b", 2),
        book.set("good", "root", "c", 3),
    );
    book.sets[0].credential_type = "esxi".to_owned();
    book.sets[1].password_encrypted =
        Some(cipher(2).seal(&Secret::new("b"), Place::CredentialSet(broken)).expect("sealed").into_string());
    book.range(broken, "10.0.0.0/24", 1);
    book.range(good, "rack 7", 1);
    let missing = CredentialSetId::new();
    let scan = book.scan(EnvCredentials::none(), &[esxi, missing, broken, good]).await;
    assert!(scan.has_any());
    for n in 0..50 {
        assert_eq!(names(&scan.candidates(ip(n), None)), ["good job_credential_set_ids"]);
    }
    let problems = scan.take_problems();
    let kinds: Vec<_> = problems.iter().map(Error::kind).collect();
    assert_eq!(kinds, [ErrorKind::InvalidInput, ErrorKind::InvalidInput, ErrorKind::Cipher], "{problems:?}");
    assert!(scan.take_problems().is_empty());
}

#[tokio::test]
async fn a_server_s_own_password_opens_by_row_or_by_service_tag() {
    let (id, tag) = (ServerId::new(), "7ABCDE1");
    for place in [Place::Server(id), Place::ServerTag(tag)] {
        let sealed = cipher(1).seal(&Secret::new("own"), place).expect("sealed").into_string();
        let server = Target {
            server_id: Some(id),
            service_tag: Some(tag.to_owned()),
            username: Some("root".to_owned()),
            password_encrypted: Some(sealed),
            ..Target::at(ip(1))
        };
        let scan = Book::default().scan(EnvCredentials::none(), &[]).await;
        assert!(!scan.has_any());
        let offered = scan.candidates(ip(1), Some(&server));
        assert_eq!(offered.iter().map(|one| one.secret.expose()).collect::<Vec<_>>(), ["own"]);
        assert!(!format!("{offered:?}{scan:?}").contains("own\""));
    }
}

#[tokio::test]
async fn many_callers_cause_one_read() {
    let mut book = Book::default();
    book.set("one", "root", "a", 1);
    let book = Arc::new(book);
    let chain = Arc::new(Chain::over(book.clone(), Arc::new(cipher(1)), EnvCredentials::none()));
    let mut tasks = JoinSet::new();
    for _ in 0..100 {
        let chain = chain.clone();
        tasks.spawn(async move { chain.explain(&Target::at(ip(1)), Purpose::Idrac).await });
    }
    tasks.join_all().await;
    assert_eq!(book.reads.load(Ordering::Relaxed), 1);
    chain.refresh().await;
    chain.explain(&Target::at(ip(1)), Purpose::Idrac).await;
    assert_eq!(book.reads.load(Ordering::Relaxed), 2);
}
