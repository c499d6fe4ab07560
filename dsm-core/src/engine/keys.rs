//! Stored passwords go over to a new key, or from the existing system's form into ours.

use super::Engine;
use crate::credential::{Key, ResealOptions, Resealed, reseal};
use crate::error::{Error, ErrorKind, Result};

impl Engine {
    /// Seals with a new key from now on, and puts every stored password under it, a hundred at a time. Both keys open
    /// meanwhile, and the old one until [`Engine::forget_old_keys`].
    ///
    /// Put the new key before the old one where the keys come from, first, and give both to every other process: one that has
    /// the old key alone cannot open what is sealed anew, and says so. After a kill start with both and call
    /// [`Engine::reseal`]: what is done already is passed over.
    ///
    /// # Errors
    /// The store's.
    pub async fn rotate_key(&self, key: &Key) -> Result<Resealed> {
        self.inner.fleet.chain().cipher().seal_with(key);
        self.reseal(ResealOptions::default()).await
    }

    /// Puts every stored password that another key sealed under the one that seals now; with
    /// [`convert_old`](ResealOptions::convert_old) those in the existing system's form as well. A dry run only counts.
    ///
    /// # Errors
    /// The store's.
    pub async fn reseal(&self, options: ResealOptions) -> Result<Resealed> {
        let chain = self.inner.fleet.chain();
        let done = reseal(self.inner.store.as_ref(), chain.cipher(), options).await?;
        chain.refresh().await;
        Ok(done)
    }

    /// Forgets all keys but the one that seals, once nothing stored needs them, and says which. Where the keys come from, they
    /// can go then as well.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`], saying how many stored passwords still need an older key; the store's.
    pub async fn forget_old_keys(&self) -> Result<Vec<String>> {
        let found = self.reseal(ResealOptions { dry_run: true, ..ResealOptions::default() }).await?;
        if found.other_keys > 0 {
            let message = format!("{} stored passwords are sealed with another key", found.other_keys);
            return Err(Error::new(ErrorKind::Busy, message)
                .about(found.key_id)
                .hint("call reseal first; those that do not open have to be stored again"));
        }
        Ok(self.inner.fleet.chain().cipher().forget_older())
    }
}
