//! The store of the demo: one file, a key beside it, two credential sets.

use std::path::PathBuf;
use std::sync::Arc;

use dsm_core::CredentialSetId;
use dsm_core::credential::{Cipher, Place, Secret, key_path_beside};
use dsm_core::store::sqlite::{SqliteOptions, SqliteStore};
use dsm_core::store::{CredentialSetRow, Store};

use crate::{Failure, fleet};

/// Marks a file as an earlier demo's, which the next may replace.
const MARK: &str = "demo";

/// `dsm.db` here; a store that is no demo's is left alone.
pub(crate) async fn open() -> Result<(PathBuf, Arc<dyn Store>, Arc<Cipher>), Failure> {
    let path = PathBuf::from("dsm.db");
    if path.exists() {
        let earlier = SqliteStore::open(&path, SqliteOptions::default())?;
        if earlier.get_meta(MARK).await?.is_none() {
            return Err(
                format!("{} is a store of yours; run the demo in another folder", path.display()).into()
            );
        }
        drop(earlier);
        for suffix in ["", "-wal", "-shm", ".key"] {
            let part = PathBuf::from(format!("dsm.db{suffix}"));
            if part.exists() {
                std::fs::remove_file(part)?;
            }
        }
    }
    let store = SqliteStore::open(&path, SqliteOptions::default())?;
    store.put_meta(MARK, b"1".as_slice().into()).await?;
    let cipher = Cipher::load_or_create(&key_path_beside(&path))?;
    Ok((path, Arc::new(store), Arc::new(cipher)))
}

/// Two sets, tried in the order of their priority.
pub(crate) async fn add_credentials(store: &dyn Store, cipher: &Cipher) -> Result<(), Failure> {
    let sets = [("main", fleet::MAIN, 10), ("other rack", fleet::OTHER, 20)];
    for (name, (username, password), priority) in sets {
        let id = CredentialSetId::new();
        let sealed = cipher.seal(&Secret::new(password), Place::CredentialSet(id))?;
        let set = CredentialSetRow {
            id,
            name: name.to_owned(),
            credential_type: "idrac".to_owned(),
            username: username.to_owned(),
            password_encrypted: Some(sealed.into_string()),
            is_default: true,
            priority,
            description: None,
        };
        store.put_credential_set(set).await?;
    }
    Ok(())
}
