//! A program's own resolver, and the chain behind it.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Chain, CredentialResolver, Level, Outcome, Purpose, Resolved, Target};
use crate::error::{ErrorKind, Result};

/// Asks the program's own resolver first. Only [`ErrorKind::NotFound`] from it lets the chain go on: another error ends the
/// search, for credentials in place of the ones that were meant may lock an account.
///
/// What a device has refused twice is sent to it no more, whoever found it.
#[derive(Debug)]
pub struct Ahead {
    own: Arc<dyn CredentialResolver>,
    chain: Arc<Chain>,
}

impl Ahead {
    /// The one before the other.
    #[must_use]
    pub fn new(own: Arc<dyn CredentialResolver>, chain: Arc<Chain>) -> Self {
        Self { own, chain }
    }
}

#[async_trait]
impl CredentialResolver for Ahead {
    async fn resolve(&self, target: &Target, purpose: Purpose) -> Result<Resolved> {
        match self.own.resolve(target, purpose).await {
            Ok(found) => self.chain.unless_refused(target, Resolved { source: Level::Program, ..found }),
            Err(error) if error.kind() == ErrorKind::NotFound => self.chain.resolve(target, purpose).await,
            Err(error) => Err(error),
        }
    }

    async fn report(&self, target: &Target, resolved: &Resolved, outcome: Outcome) {
        self.chain.report(target, resolved, outcome).await;
        if resolved.source == Level::Program {
            self.own.report(target, resolved, outcome).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use zeroize::Zeroizing;

    use super::*;
    use crate::credential::{Cipher, EnvCredentials, KEY_LENGTH, Secret};
    use crate::error::Error;
    use crate::store::MemoryStore;

    /// Answers by what the target's service tag says.
    #[derive(Debug, Default)]
    struct Own {
        told: Mutex<Vec<Outcome>>,
    }

    #[async_trait]
    impl CredentialResolver for Own {
        async fn resolve(&self, target: &Target, _purpose: Purpose) -> Result<Resolved> {
            match target.service_tag.as_deref() {
                Some("MINE") => Ok(Resolved {
                    username: "root".to_owned(),
                    secret: Secret::new("planted"),
                    source: Level::Environment,
                    set_id: None,
                }),
                Some("BROKEN") => Err(Error::new(ErrorKind::System, "the vault is sealed")),
                _ => Err(Error::new(ErrorKind::NotFound, "not mine")),
            }
        }

        async fn report(&self, _target: &Target, _resolved: &Resolved, outcome: Outcome) {
            self.told.lock().unwrap().push(outcome);
        }
    }

    fn bench() -> (Arc<Own>, Ahead) {
        let own = Arc::new(Own::default());
        let cipher = Arc::new(Cipher::from_key(Zeroizing::new([7; KEY_LENGTH])));
        let env = EnvCredentials::new(Some("env".to_owned()), Some(Secret::new("planted")));
        let chain = Chain::new(Arc::new(MemoryStore::new()), cipher, env);
        (own.clone(), Ahead::new(own, Arc::new(chain)))
    }

    fn tagged(tag: &str) -> Target {
        Target { service_tag: Some(tag.to_owned()), ..Target::at([10, 0, 0, 1].into()) }
    }

    #[tokio::test]
    async fn none_goes_on_to_the_chain_and_an_error_ends_the_search() {
        let (_, ahead) = bench();
        let mine = ahead.resolve(&tagged("MINE"), Purpose::Idrac).await.unwrap();
        assert_eq!((mine.username.as_str(), mine.source), ("root", Level::Program));
        let other = ahead.resolve(&tagged("OTHER"), Purpose::Idrac).await.unwrap();
        assert_eq!((other.username.as_str(), other.source), ("env", Level::Environment));
        let error = ahead.resolve(&tagged("BROKEN"), Purpose::Idrac).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::System);
    }

    #[tokio::test]
    async fn whoever_found_them_is_told_and_what_was_refused_twice_is_not_sent_again() {
        let (own, ahead) = bench();
        let target = tagged("MINE");
        for _ in 0..2 {
            let mine = ahead.resolve(&target, Purpose::Idrac).await.unwrap();
            ahead.report(&target, &mine, Outcome::Rejected).await;
        }
        assert_eq!(*own.told.lock().unwrap(), [Outcome::Rejected; 2]);
        let error = ahead.resolve(&target, Purpose::Idrac).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credential);
        let other = ahead.resolve(&tagged("OTHER"), Purpose::Idrac).await.unwrap();
        ahead.report(&target, &other, Outcome::Accepted).await;
        assert_eq!(own.told.lock().unwrap().len(), 2);
    }
}
