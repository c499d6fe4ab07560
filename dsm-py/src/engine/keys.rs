//! Keys of the stored passwords: where they come from, and how passwords go over to another.

use std::path::{Path, PathBuf};

use dsm_core::credential::{Cipher, Key, KeyFile, KeyVariable, Keys, OldKey, ResealOptions, key_path_beside};
use dsm_core::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use zeroize::Zeroizing;

use super::Engine;
use crate::both::both;
use crate::failure::Failure;
use crate::reply::Reply;

/// Where the keys come from, as a script says it.
pub(super) enum KeyChoice {
    File(KeyFile),
    Variable(KeyVariable),
    Given(Keys),
}

impl KeyChoice {
    /// One of the three ways; a file beside the store, if that is one itself, where none is given.
    pub(super) fn read(
        store: Option<&Path>,
        file: Option<PathBuf>,
        key: Option<&Bound<'_, PyAny>>,
        variable: Option<String>,
    ) -> PyResult<Self> {
        match (file, key, variable) {
            (file, None, None) => match file.or_else(|| store.map(key_path_beside)) {
                Some(path) => Ok(Self::File(KeyFile { path, is_made: true })),
                None => Err(refuse("it is not said where the key of the stored passwords comes from")),
            },
            (None, Some(key), None) => keys_of(key).map(Self::Given),
            (None, None, Some(name)) => Ok(Self::Variable(KeyVariable { name })),
            _ => Err(refuse("the key has more than one source")),
        }
    }

    pub(super) fn cipher(&self) -> dsm_core::Result<Cipher> {
        match self {
            Self::File(file) => Cipher::from_source(file),
            Self::Variable(variable) => Cipher::from_source(variable),
            Self::Given(keys) => Ok(Cipher::from_keys(keys.clone())),
        }
    }

    /// The file, where a new key can be put.
    pub(super) fn into_file(self) -> Option<KeyFile> {
        match self {
            Self::File(file) => Some(file),
            Self::Variable(_) | Self::Given(_) => None,
        }
    }
}

fn refuse(message: &str) -> PyErr {
    let error = Error::invalid("key", message, "give one of key_file, key and key_variable");
    Python::attach(|py| Failure::Core(error).into_python(py))
}

/// 32 bytes, or keys as text, or whatever gives one of both when called: a keyring, a vault.
fn keys_of(given: &Bound<'_, PyAny>) -> PyResult<Keys> {
    let py = given.py();
    let refuse = |error: Error| Failure::Core(error.about("key")).into_python(py);
    if let Ok(bytes) = given.cast::<PyBytes>() {
        let bytes = <[u8; 32]>::try_from(bytes.as_bytes());
        return bytes.map(|bytes| Keys::new(Key::new(bytes))).map_err(|_| {
            refuse(
                Error::new(ErrorKind::Cipher, "a key has 32 bytes").hint("secrets.token_bytes(32) makes one"),
            )
        });
    }
    if let Ok(text) = given.cast::<PyString>() {
        return Keys::parse(&Zeroizing::new(text.extract::<String>()?)).map_err(refuse);
    }
    if given.is_callable() {
        let made = given.call0()?;
        if !made.is_callable() {
            return keys_of(&made);
        }
    }
    Err(refuse(
        Error::new(ErrorKind::Cipher, "this is no key")
            .hint("give 32 bytes, text, or a function that gives one of them"),
    ))
}

both! {
    /// Seals with a new key from now on, and puts every stored password under it. Without `key` the engine's key file gets a new
    /// one, which is written before anything is sealed with it; the old one stays in the file until `forget_old_keys()`.
    ///
    /// With keys from elsewhere put the new one there first, before the old one. Stopped in the middle, start with both and call
    /// `reseal()`.
    Engine.rotate_key / rotate_key_async (key=None)
    |this, py, key: Option<Bound<'py, PyAny>>| {
        let open = this.open_in(py)?;
        let given = key.as_ref().map(keys_of).transpose()?;
        async move {
            let key = match (given, open.key_file.clone()) {
                (Some(keys), _) => keys.current,
                (None, Some(file)) => tokio::task::spawn_blocking(move || file.add_new())
                    .await
                    .map_err(|error| Failure::Panic(error.to_string()))??,
                (None, None) => {
                    return Err(Error::invalid("key", "this engine has no key file", "give the new key; put it where the keys come from first").into());
                }
            };
            Reply::json(&open.engine.rotate_key(&key).await?)
        }
    }
}

both! {
    /// Puts every stored password that another key sealed under the one that seals now. With `dry_run` it only counts.
    Engine.reseal / reseal_async (*, dry_run=false)
    |this, py, dry_run: bool| {
        let open = this.open_in(py)?;
        let options = ResealOptions { dry_run, ..ResealOptions::default() };
        async move { Reply::json(&open.engine.reseal(options).await?) }
    }
}

both! {
    /// Takes passwords in the existing system's form over into ours, which that system does not read: only for a database that it
    /// no longer uses. Unless `dry_run` is false it only says what there is.
    ///
    /// `old_key` is that system's `activity_settings.encryption_key`, where the database does not have it.
    Engine.convert_passwords / convert_passwords_async (*, old_key=None, dry_run=true)
    |this, py, old_key: Option<String>, dry_run: bool| {
        let open = this.open_in(py)?;
        let key = old_key.map(Zeroizing::new).map(|text| OldKey::parse(&text)).transpose();
        let key = key.map_err(|error| Failure::Core(error).into_python(py))?;
        let options = ResealOptions { dry_run, convert_old: true };
        async move {
            if let Some(key) = key {
                open.cipher.accept_old(key);
            }
            Reply::json(&open.engine.reseal(options).await?)
        }
    }
}

both! {
    /// Forgets all keys but the one that seals, here and in the engine's key file, once no stored password needs them. Says which.
    ///
    /// Raises `dsm.exceptions.BusyError` as long as one does.
    Engine.forget_old_keys / forget_old_keys_async ()
    |this, py| {
        let open = this.open_in(py)?;
        async move {
            let forgotten = open.engine.forget_old_keys().await?;
            if let Some(file) = open.key_file.clone() {
                tokio::task::spawn_blocking(move || file.forget_older())
                    .await
                    .map_err(|error| Failure::Panic(error.to_string()))??;
            }
            Reply::json(&forgotten)
        }
    }
}

#[pymethods]
impl Engine {
    /// The names of the keys at hand, as sealed texts carry them; the one that seals first.
    #[getter]
    fn key_ids(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        Ok(self.open_in(py)?.cipher.key_ids())
    }
}
