//! Where a catalogue comes from.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::Package;
use crate::error::{Error, ErrorKind, Result};

/// Something that can be opened and read as a catalogue.
///
/// A catalogue on a web server is fetched by whoever implements this, with the HTTP client, the proxies and the trust that
/// the program has for other purposes; this crate talks to iDRACs only.
pub trait CatalogSource: Send + Sync {
    /// What it is, for errors; without credentials.
    fn describe(&self) -> String;

    /// Opens it at its beginning. Reading may block.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    fn open(&self) -> Result<Box<dyn Read + Send>>;
}

/// A catalogue file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogFile(pub PathBuf);

impl CatalogSource for CatalogFile {
    fn describe(&self) -> String {
        self.0.display().to_string()
    }

    fn open(&self) -> Result<Box<dyn Read + Send>> {
        match File::open(&self.0) {
            Ok(file) => Ok(Box::new(file)),
            Err(error) => Err(unreadable(&self.0, error)),
        }
    }
}

/// A folder with a catalogue in it and the packages below it, as Dell's server and Dell's own repository tool lay it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    root: PathBuf,
    catalog: CatalogFile,
}

/// What the catalogue in a mirror may be called, in whatever case.
const NAMES: [&str; 3] = ["catalog.xml", "catalog.xml.gz", "catalog.gz"];

impl Mirror {
    /// Finds the catalogue in a folder: the plain one, where there are several.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] where the folder cannot be read or has none.
    pub fn of(root: impl Into<PathBuf>) -> Result<Self> {
        let root = root.into();
        let entries = std::fs::read_dir(&root).map_err(|error| unreadable(&root, error))?;
        let rank = |path: &PathBuf| {
            let name = path.file_name()?.to_str()?.to_ascii_lowercase();
            NAMES.iter().position(|known| *known == name)
        };
        let found = entries.flatten().map(|entry| entry.path()).filter(|path| rank(path).is_some());
        match found.min_by_key(|path| (rank(path), path.clone())) {
            Some(path) => Ok(Self { root, catalog: CatalogFile(path) }),
            None => {
                let message = format!("{} holds no {}", root.display(), NAMES.join(", "));
                Err(Error::new(ErrorKind::InvalidInput, message))
            }
        }
    }

    /// Where the file of a package lies.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] where its path would lead out of the mirror.
    pub fn package(&self, package: &Package) -> Result<PathBuf> {
        let is_name = |part: &&str| {
            !part.is_empty() && *part != "." && *part != ".." && !part.contains(['\\', ':', '\0'])
        };
        let parts: Vec<_> = package.path.split('/').collect();
        if parts.is_empty() || !parts.iter().all(is_name) {
            let message = format!("the catalogue's path {:?} is no path below the mirror", &*package.path);
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        Ok(parts.iter().fold(self.root.clone(), |path, part| path.join(part)))
    }
}

impl CatalogSource for Mirror {
    fn describe(&self) -> String {
        self.catalog.describe()
    }

    fn open(&self) -> Result<Box<dyn Read + Send>> {
        self.catalog.open()
    }
}

/// A file, or the catalogue in a folder.
pub(super) fn of_path(path: &Path) -> Result<CatalogFile> {
    if path.is_dir() { Ok(Mirror::of(path)?.catalog) } else { Ok(CatalogFile(path.to_owned())) }
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("{} cannot be read", path.display())).with_source(error)
}
