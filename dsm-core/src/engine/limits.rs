//! The limits in force: one record in the store, which every engine reads at its start and with each beat.

use std::sync::{PoisonError, RwLock};

use bytes::Bytes;

use crate::engine::Engine;
use crate::engine::inner::Inner;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{LIMITS_KEY, Limits, Store};

/// What this engine goes by.
#[derive(Debug, Default)]
pub(crate) struct InForce(RwLock<Limits>);

impl InForce {
    pub(crate) fn get(&self) -> Limits {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether that is news.
    fn set(&self, limits: Limits) -> bool {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_news = *known != limits;
        *known = limits;
        is_news
    }
}

impl Inner {
    /// Writes limits for all engines on the store.
    pub(crate) async fn publish_limits(&self, limits: Limits) -> Result<()> {
        limits.check()?;
        if !limits.is_none() && !self.store.caps().limits {
            return Err(Error::new(ErrorKind::Unsupported, "claims of this store know no limits")
                .about(self.store.caps().backend)
                .hint("set none, or install the tables and functions of dsm in the database"));
        }
        let text = serde_json::to_vec(&limits).map_err(|cause| {
            Error::new(ErrorKind::Store, "the limits cannot be written").with_source(cause)
        })?;
        self.store.put_meta(LIMITS_KEY, Bytes::from(text)).await?;
        self.limits.set(limits);
        self.wake();
        Ok(())
    }

    /// Takes over what is in force. A record that cannot be read leaves things as they are: limits are not lifted by a
    /// slip of somebody's pen.
    pub(crate) async fn meet_limits(&self) -> Result<()> {
        let Some(limits) = stored(&*self.store).await? else { return Ok(()) };
        match limits.map(|limits| self.limits.set(limits)) {
            Ok(true) => self.wake(),
            Ok(false) => {}
            Err(error) => tracing::error!("the limits in the store are not used: {}", error.chain()),
        }
        Ok(())
    }
}

async fn stored(store: &dyn Store) -> Result<Option<Result<Limits>>> {
    let Some(text) = store.get_meta(LIMITS_KEY).await? else { return Ok(None) };
    let limits = serde_json::from_slice::<Limits>(&text).map_err(|cause| {
        Error::new(ErrorKind::Store, "the record of the limits cannot be read")
            .about(LIMITS_KEY)
            .with_source(cause)
    });
    Ok(Some(limits.and_then(|limits| limits.check().map(|()| limits))))
}

impl Engine {
    /// Changes how many jobs may be at work at a time, for all engines on the store: here at once, elsewhere within a beat.
    /// Jobs that are at work stay so.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`]; [`ErrorKind::Unsupported`] where [claims know none](crate::store::Caps::limits); the store's.
    pub async fn set_limits(&self, limits: Limits) -> Result<()> {
        self.inner.publish_limits(limits).await
    }

    /// The limits in force.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.inner.limits.get()
    }
}
