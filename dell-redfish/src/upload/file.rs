//! A package on a disk.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;

use crate::body::Pieces;
use crate::error::{Error, ErrorKind, Result};

/// How much is read at a time.
const PIECE: usize = 256 << 10;

/// Called while a package is sent.
pub type OnUpload = Arc<dyn Fn(UploadProgress) + Send + Sync>;

/// How far an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct UploadProgress {
    /// Bytes of the package handed to the connection.
    #[serde(rename = "sent_bytes")]
    pub sent: u64,
    /// Bytes of the package.
    #[serde(rename = "total_bytes")]
    pub total: u64,
}

/// A package file that is read in pieces when it is sent. Its length is that of the moment it was named; a file that changes
/// meanwhile ends the upload.
#[derive(Clone)]
pub struct PackageFile {
    path: PathBuf,
    name: String,
    length: u64,
    on_progress: Option<OnUpload>,
}

impl PackageFile {
    /// A file on this machine.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] where it cannot be read, is no file, is empty, or has a name that no form can carry.
    pub fn new(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let refused = |why: &str| {
            Error::new(ErrorKind::InvalidInput, format!("{} is no package: {why}", path.display()))
        };
        let about =
            std::fs::metadata(&path).map_err(|error| refused("it cannot be read").with_source(error))?;
        if !about.is_file() || about.len() == 0 {
            return Err(refused("it is no file, or empty"));
        }
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if name.is_empty() || name.chars().any(|c| c.is_control() || matches!(c, '"' | '\\')) {
            return Err(refused("its name has characters that an iDRAC does not take"));
        }
        Ok(Self { path, name, length: about.len(), on_progress: None })
    }

    /// Tells how far it is while it is sent.
    #[must_use]
    pub fn with_progress(mut self, on_progress: impl Fn(UploadProgress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(on_progress));
        self
    }

    /// Its place.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its name without the folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Opens it at its beginning. Reading is done on threads that may block.
    pub(crate) async fn open(&self) -> Result<Pieces> {
        let path = self.path.clone();
        let file = blocking(move || File::open(path)).await.map_err(|error| {
            let message = format!("{} cannot be opened", self.path.display());
            Error::new(ErrorKind::InvalidInput, message).with_source(error)
        })?;
        let (total, on_progress) = (self.length, self.on_progress.clone());
        Ok(Box::pin(stream::try_unfold((file, 0), move |(file, sent)| {
            let on_progress = on_progress.clone();
            async move {
                let (file, piece) = blocking(move || next_piece(file)).await?;
                if piece.is_empty() {
                    return Ok(None);
                }
                let sent = sent + piece.len() as u64;
                if let Some(tell) = on_progress {
                    tell(UploadProgress { sent, total });
                }
                Ok(Some((piece, (file, sent))))
            }
        })))
    }
}

impl fmt::Debug for PackageFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PackageFile")
            .field("path", &self.path)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

fn next_piece(mut file: File) -> io::Result<(File, Bytes)> {
    let mut piece = Vec::with_capacity(PIECE);
    file.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
    Ok((file, Bytes::from(piece)))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|ended| Err(io::Error::other(ended)))
}
