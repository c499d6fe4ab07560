//! Where packages come from: read once for all servers of a job.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use dell_redfish::catalog::{Catalog, Mirror, verify_file};
use dell_redfish::ops::RepositoryInstall;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use super::args::{PackageInput, SourceInput};
use super::plan::Parcel;
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};

/// How a file is read for its hash.
const PIECE: usize = 128 << 10;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Depot {
    pub(super) stock: Stock,
    /// Each file is read once, whatever number of servers gets it.
    checked: Mutex<HashMap<PathBuf, Arc<OnceCell<Checked>>>>,
}

/// What a hash said of a file: the hash, or what is wrong.
type Checked = std::result::Result<String, String>;

/// The packages.
#[derive(Debug)]
pub(super) enum Stock {
    Catalog {
        catalog: Arc<Catalog>,
        mirror: Option<Mirror>,
        base_uri: Option<String>,
    },
    Packages(Vec<PackageInput>),
    /// The iDRAC reads it itself.
    Repository(Box<RepositoryInstall>),
}

impl Depot {
    /// Reads what the job names.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] naming the field: the catalogue cannot be read.
    pub(super) async fn open(ctx: &Ctx, source: SourceInput) -> Result<Self> {
        let stock = match source {
            SourceInput::Packages(packages) => Stock::Packages(packages),
            SourceInput::Repository(share) => Stock::Repository(Box::new(share.open(ctx)?)),
            SourceInput::Catalog { path, base_uri } => {
                let (catalog, mirror) = blocking(move || read(&path)).await??;
                Stock::Catalog { catalog: Arc::new(catalog), mirror, base_uri }
            }
        };
        Ok(Self { stock, checked: Mutex::default() })
    }

    /// Holds the file of a package to its hash, and tells the hash; nothing where the iDRAC fetches it.
    ///
    /// # Errors
    /// It is another file, or cannot be read.
    pub(super) async fn check(&self, parcel: &Parcel) -> Result<Option<String>> {
        let Parcel::File { path, sha256, .. } = parcel else { return Ok(None) };
        let cell = {
            let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
            checked.entry(path.clone()).or_default().clone()
        };
        let listed = match (&self.stock, parcel) {
            (Stock::Catalog { catalog, .. }, Parcel::File { listed: Some(listed), .. }) => {
                Some((catalog.clone(), listed.clone()))
            }
            _ => None,
        };
        let (file, wanted) = (path.clone(), sha256.clone());
        let found = cell.get_or_init(|| async move {
            let work = blocking(move || hold(&file, wanted.as_deref(), listed));
            work.await.unwrap_or_else(|error| Err(error.chain()))
        });
        found
            .await
            .clone()
            .map(Some)
            .map_err(|why| Error::new(ErrorKind::InvalidInput, why).about(path.display().to_string()))
    }
}

fn read(path: &Path) -> Result<(Catalog, Option<Mirror>)> {
    let wrong = |error: dell_redfish::Error| {
        let text = error.chain();
        Error::invalid(
            "details.catalog",
            text,
            "name a Catalog.xml, a Catalog.xml.gz, or the folder of a mirror",
        )
    };
    let catalog = Catalog::open(path).map_err(wrong)?;
    let root = if path.is_dir() { Some(path) } else { path.parent() };
    // A catalogue of another name may stand alone; its packages are fetched from elsewhere then.
    Ok((catalog, root.and_then(|root| Mirror::of(root).ok())))
}

/// The SHA-256 of a file that is what it should be.
fn hold(path: &Path, wanted: Option<&str>, listed: Option<(Arc<Catalog>, String)>) -> Checked {
    if let Some((catalog, listed)) = listed {
        let package = catalog.packages().iter().find(|package| *package.path == *listed);
        let package = package.ok_or_else(|| format!("the catalogue does not list {listed}"))?;
        verify_file(package, path).map_err(|error| error.chain())?;
    }
    let unreadable = |error: std::io::Error| format!("the package cannot be read: {error}");
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    let (mut digest, mut piece) = (Sha256::new(), vec![0; PIECE]);
    loop {
        let length = file.read(&mut piece).map_err(unreadable)?;
        if length == 0 {
            break;
        }
        digest.update(piece.get(..length).unwrap_or_default());
    }
    let found: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    match wanted {
        Some(wanted) if wanted != found => {
            Err(format!("the file is not the package that was named: its SHA-256 is {found}, not {wanted}"))
        }
        _ => Ok(found),
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::new(ErrorKind::Handler, "reading a file broke off").with_source(error))
}
