//! What holds of every credential resolver, for those that are written elsewhere. Feature `conformance`.
//!
//! The examiner brings a device whose credentials the resolver has and one it knows nothing of; no device is talked to.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::task::JoinSet;

use super::{CredentialResolver, Outcome, Purpose, Resolved, Target};
use crate::error::ErrorKind;

/// Calls made at the same time.
const AT_ONCE: usize = 32;

/// A call that takes longer is hanging.
const LONGEST: Duration = Duration::from_secs(30);

/// A resolver under examination.
#[derive(Debug, Clone)]
pub struct Examined {
    /// The resolver.
    pub resolver: Arc<dyn CredentialResolver>,
    /// A device whose credentials it has.
    pub known: Target,
    /// A device it knows nothing of.
    pub unknown: Target,
    /// What they are for.
    pub purpose: Purpose,
}

/// A case, and what was seen where it does not hold.
pub type Finding = (&'static str, Result<(), String>);

/// Runs every case.
pub async fn check(examined: &Examined) -> Vec<Finding> {
    vec![
        ("a_known_device_has_the_same_credentials_each_time", same_each_time(examined).await),
        ("an_unknown_device_has_none_and_that_is_no_failure", none_for_the_unknown(examined).await),
        ("many_may_ask_at_once", many_at_once(examined).await),
        ("a_call_that_is_given_up_hurts_no_other", given_up(examined).await),
        ("a_report_is_taken_whatever_it_says", reports(examined).await),
        ("nothing_printed_has_the_password", nothing_printed(examined).await),
    ]
}

async fn known(examined: &Examined) -> Result<Resolved, String> {
    let asked = examined.resolver.resolve(&examined.known, examined.purpose);
    match tokio::time::timeout(LONGEST, asked).await {
        // Its own words stay out of the report: they may have what must not be in them.
        Ok(Err(error)) => Err(format!("the known device: an error of kind {}", error.kind())),
        Ok(Ok(found)) if found.username.is_empty() || found.secret.is_empty() => {
            Err("the known device: an empty user name or password".to_owned())
        }
        Ok(Ok(found)) => Ok(found),
        Err(_) => Err(format!("no answer within {} s", LONGEST.as_secs())),
    }
}

async fn same_each_time(examined: &Examined) -> Result<(), String> {
    let first = known(examined).await?;
    let second = known(examined).await?;
    is_same(&first, &second)
}

fn is_same(first: &Resolved, second: &Resolved) -> Result<(), String> {
    let same = (&first.username, &first.secret) == (&second.username, &second.secret);
    if same { Ok(()) } else { Err("two calls for one device gave different credentials".to_owned()) }
}

async fn none_for_the_unknown(examined: &Examined) -> Result<(), String> {
    match examined.resolver.resolve(&examined.unknown, examined.purpose).await {
        Ok(_) => Err("it has credentials for a device it knows nothing of".to_owned()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Credential) => Ok(()),
        Err(error) => Err(format!("an error of kind {} ends the search for everybody", error.kind())),
    }
}

async fn many_at_once(examined: &Examined) -> Result<(), String> {
    let mut tasks = JoinSet::new();
    for _ in 0..AT_ONCE {
        let examined = examined.clone();
        tasks.spawn(async move { known(&examined).await });
    }
    let mut seen = HashSet::new();
    while let Some(joined) = tasks.join_next().await {
        let found = joined.map_err(|error| format!("a call panicked: {error}"))??;
        seen.insert((found.username, found.secret));
    }
    if seen.len() == 1 { Ok(()) } else { Err(format!("{} different answers", seen.len())) }
}

async fn given_up(examined: &Examined) -> Result<(), String> {
    let before = known(examined).await?;
    for _ in 0..AT_ONCE {
        // Polled once, so that it is under way, and dropped.
        let asked = examined.resolver.resolve(&examined.known, examined.purpose);
        let _ = asked.now_or_never();
    }
    is_same(&before, &known(examined).await?)
}

async fn reports(examined: &Examined) -> Result<(), String> {
    let found = known(examined).await?;
    for outcome in [Outcome::Accepted, Outcome::Rejected, Outcome::Accepted] {
        let told = examined.resolver.report(&examined.known, &found, outcome);
        if tokio::time::timeout(LONGEST, told).await.is_err() {
            return Err(format!("a report was not taken within {} s", LONGEST.as_secs()));
        }
    }
    is_same(&found, &known(examined).await?).map_err(|_| "after being let in: other credentials".to_owned())
}

async fn nothing_printed(examined: &Examined) -> Result<(), String> {
    let found = known(examined).await?;
    let mut printed = format!("{:?} {:#?} {found:?}", examined.resolver, examined.resolver);
    if let Err(error) = examined.resolver.resolve(&examined.unknown, examined.purpose).await {
        printed.push_str(&format!("{error:?} {}", error.chain()));
    }
    if printed.contains(found.secret.expose()) {
        return Err("a debug line or an error has the password".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};

    use async_trait::async_trait;
    use zeroize::Zeroizing;

    use super::*;
    use crate::credential::{Chain, Cipher, EnvCredentials, KEY_LENGTH, Level, Secret};
    use crate::error::{Error, Result};
    use crate::store::MemoryStore;

    #[derive(Clone, Copy, PartialEq, Debug)]
    enum Fault {
        None,
        Changes,
        KnowsAll,
        Fails,
        HoldsOver,
        Prints,
    }

    struct Own {
        fault: Fault,
        calls: AtomicU32,
        busy: Mutex<bool>,
    }

    impl std::fmt::Debug for Own {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(if self.fault == Fault::Prints { "Own(planted-3)" } else { "Own" })
        }
    }

    #[async_trait]
    impl CredentialResolver for Own {
        async fn resolve(&self, target: &Target, _purpose: Purpose) -> Result<Resolved> {
            let call = self.calls.fetch_add(1, Ordering::SeqCst);
            if self.fault == Fault::HoldsOver && std::mem::replace(&mut *self.busy.lock().unwrap(), true) {
                return Err(Error::new(ErrorKind::System, "another call was never finished"));
            }
            tokio::task::yield_now().await;
            *self.busy.lock().unwrap() = false;
            let username = if self.fault == Fault::Changes { format!("u{call}") } else { "root".to_owned() };
            match target.service_tag.as_deref() {
                None if self.fault == Fault::Fails => Err(Error::new(ErrorKind::System, "no such secret")),
                None if self.fault != Fault::KnowsAll => Err(Error::new(ErrorKind::NotFound, "not mine")),
                _ => {
                    let secret = Secret::new("planted-3");
                    Ok(Resolved { username, secret, source: Level::Program, set_id: None })
                }
            }
        }

        async fn report(&self, _target: &Target, _resolved: &Resolved, _outcome: Outcome) {}
    }

    async fn failed(resolver: Arc<dyn CredentialResolver>) -> Vec<&'static str> {
        let known = Target { service_tag: Some("7".to_owned()), ..Target::default() };
        let examined = Examined { resolver, known, unknown: Target::default(), purpose: Purpose::Idrac };
        let findings = check(&examined).await;
        findings.into_iter().filter(|(_, found)| found.is_err()).map(|(name, _)| name).collect()
    }

    fn own(fault: Fault) -> Arc<Own> {
        Arc::new(Own { fault, calls: AtomicU32::default(), busy: Mutex::default() })
    }

    #[tokio::test]
    async fn each_fault_is_found() {
        assert_eq!(failed(own(Fault::None)).await, [""; 0]);
        for (fault, case) in [
            (Fault::Changes, "a_known_device_has_the_same_credentials_each_time"),
            (Fault::KnowsAll, "an_unknown_device_has_none_and_that_is_no_failure"),
            (Fault::Fails, "an_unknown_device_has_none_and_that_is_no_failure"),
            (Fault::HoldsOver, "a_call_that_is_given_up_hurts_no_other"),
            (Fault::Prints, "nothing_printed_has_the_password"),
        ] {
            let found = failed(own(fault)).await;
            assert!(found.contains(&case), "{fault:?}: {found:?}");
        }
    }

    #[tokio::test]
    async fn the_chain_holds() {
        let cipher = Arc::new(Cipher::from_key(Zeroizing::new([7; KEY_LENGTH])));
        let env = EnvCredentials::new(Some("root".to_owned()), Some(Secret::new("planted-3")));
        let chain: Arc<dyn CredentialResolver> =
            Arc::new(Chain::new(Arc::new(MemoryStore::new()), cipher, env));
        // The environment serves every iDRAC there is: the one it knows nothing of is missing here.
        assert_eq!(failed(chain).await, ["an_unknown_device_has_none_and_that_is_no_failure"]);
    }
}
