//! Dell's catalogue of update packages, offline.

use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;

use dell_redfish::catalog::{
    self as library, CatalogDiff, CatalogFile, CatalogLimits, CatalogSource as _, InstalledFirmware, Mirror,
    Package, Reboot, Step, SystemId,
};
use dell_redfish::model::SoftwareInventory;
use dsm_core::{Error, ErrorKind};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Serialize;

use crate::argument;
use crate::both::both;
use crate::failure::Failure;
use crate::reply::{Reply, record};
use crate::runtime::{Outcome, block_on, not_picklable, spawn, with_interpreter};

/// How much is asked of a Python file at a time.
const PIECE: usize = 256 << 10;

/// A catalogue of update packages in memory: `Catalog.xml` or `Catalog.xml.gz`, from a file, a mirror's folder, or anything
/// that reads like a file.
#[pyclass(frozen, module = "dsm")]
pub(crate) struct Catalog {
    catalog: Arc<library::Catalog>,
    mirror: Option<Arc<Mirror>>,
    described: String,
}

impl Catalog {
    fn of_path(path: PathBuf) -> Result<Self, Failure> {
        let limits = CatalogLimits::default();
        if path.is_dir() {
            let mirror = Mirror::of(path)?;
            let catalog = library::Catalog::load(&mirror, &limits)?;
            let described = mirror.describe();
            return Ok(Self { catalog: Arc::new(catalog), mirror: Some(Arc::new(mirror)), described });
        }
        let file = CatalogFile(path);
        let catalog = library::Catalog::load(&file, &limits)?;
        Ok(Self { catalog: Arc::new(catalog), mirror: None, described: file.describe() })
    }

    fn of_file(file: FromPython) -> Result<Self, Failure> {
        let reader = BufReader::with_capacity(PIECE, file);
        let catalog = library::Catalog::read(reader, &CatalogLimits::default())?;
        Ok(Self { catalog: Arc::new(catalog), mirror: None, described: "a file of Python".to_owned() })
    }

    /// A package by its path in the catalogue.
    fn package(&self, path: &str) -> Result<&Package, Failure> {
        let found = self.catalog.packages().iter().find(|package| &*package.path == path);
        found.ok_or_else(|| {
            Failure::Core(Error::new(ErrorKind::NotFound, "the catalogue has no such package").about(path))
        })
    }

    /// The part of a list that is for a model, or all of it.
    fn chosen<'py, T: Serialize>(
        py: Python<'py>,
        list: &[T],
        system: Option<&str>,
        is_for: impl Fn(&T, SystemId) -> bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let system = system.map(|system| number(py, system)).transpose()?;
        let chosen: Vec<_> =
            list.iter().filter(|each| system.is_none_or(|system| is_for(each, system))).collect();
        record(py, &chosen)
    }
}

/// A server's firmware beside a catalogue.
#[derive(Serialize)]
struct CatalogComparison<'a> {
    /// What the catalogue has for each entry of the inventory.
    diff: &'a CatalogDiff,
    /// The updates in steps: what must be installed alone has a step of its own.
    steps: Vec<Step<'a>>,
    /// Whether the host must restart at all.
    reboot: Reboot,
}

/// Reading a catalogue takes a while: never on a thread that has other work.
async fn reading(make: impl FnOnce() -> Result<Catalog, Failure> + Send + 'static) -> Outcome {
    let made = tokio::task::spawn_blocking(make).await;
    let made = made.map_err(|ended| Failure::Panic(ended.to_string()))??;
    Ok(Reply::made(move |py| Ok(Py::new(py, made)?.into_any())))
}

fn number(py: Python<'_>, system: &str) -> PyResult<SystemId> {
    SystemId::from_hex(system).ok_or_else(|| {
        let error = Error::new(ErrorKind::InvalidInput, "a model is a hexadecimal number such as 090E");
        Failure::Core(error.about("system")).into_python(py)
    })
}

#[pymethods]
impl Catalog {
    /// Reads a catalogue file, or the one in this folder.
    #[staticmethod]
    fn open<'py>(py: Python<'py>, path: PathBuf) -> PyResult<Bound<'py, PyAny>> {
        block_on(py, reading(move || Self::of_path(path)))
    }

    /// `open()` for asyncio: gives a future.
    #[staticmethod]
    fn open_async<'py>(py: Python<'py>, path: PathBuf) -> PyResult<Bound<'py, PyAny>> {
        spawn(py, reading(move || Self::of_path(path)))
    }

    /// Reads a catalogue from anything with a `read()` that gives bytes: an open file, the answer of a web server.
    #[staticmethod]
    fn read<'py>(py: Python<'py>, file: Py<PyAny>) -> PyResult<Bound<'py, PyAny>> {
        block_on(py, reading(move || Self::of_file(FromPython(file))))
    }

    /// `read()` for asyncio: gives a future. The file is read on another thread.
    #[staticmethod]
    fn read_async<'py>(py: Python<'py>, file: Py<PyAny>) -> PyResult<Bound<'py, PyAny>> {
        spawn(py, reading(move || Self::of_file(FromPython(file))))
    }

    /// What it says of itself.
    #[getter]
    fn manifest<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        record(py, &self.catalog.manifest)
    }

    fn __len__(&self) -> usize {
        self.catalog.packages().len()
    }

    /// Its packages, or those for a model (Dell's hexadecimal number).
    #[pyo3(signature = (system=None))]
    fn packages<'py>(&self, py: Python<'py>, system: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        Self::chosen(py, self.catalog.packages(), system, Package::is_for)
    }

    /// Its bundles, or those for a model.
    #[pyo3(signature = (system=None))]
    fn bundles<'py>(&self, py: Python<'py>, system: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        Self::chosen(py, self.catalog.bundles(), system, |bundle, system| bundle.systems.contains(&system))
    }

    /// The name of a model, where the catalogue has it.
    fn model(&self, py: Python<'_>, system: &str) -> PyResult<Option<String>> {
        Ok(self.catalog.model(number(py, system)?).map(str::to_owned))
    }

    /// Whether any package is for this model. A catalogue that does not know a model says nothing about its firmware.
    fn knows(&self, py: Python<'_>, system: &str) -> PyResult<bool> {
        Ok(self.catalog.knows(number(py, system)?))
    }

    /// The packages that an iDRAC can install on one entry of the firmware inventory of this model, the best first.
    fn matches<'py>(
        &self,
        py: Python<'py>,
        system: &str,
        entry: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let entry: SoftwareInventory = argument::read("entry", entry)?;
        let found = self.catalog.matches(&InstalledFirmware::from(&entry), number(py, system)?);
        record(py, &found.into_iter().map(Package::summary).collect::<Vec<_>>())
    }

    /// Compares the firmware inventory of a server of this model with the catalogue: what to install and in which steps, and
    /// what cannot be told.
    fn diff<'py>(
        &self,
        py: Python<'py>,
        system: &str,
        inventory: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let system = number(py, system)?;
        let inventory: Vec<SoftwareInventory> = argument::read("inventory", inventory)?;
        let diff = py.detach(|| self.catalog.diff(system, &inventory));
        record(py, &CatalogComparison { steps: diff.steps(), reboot: diff.reboot(), diff: &diff })
    }

    /// Where the file of a package lies, by its path in the catalogue. For a catalogue that was opened as a mirror's folder.
    fn package_file(&self, py: Python<'_>, package: &str) -> PyResult<PathBuf> {
        let found = self.package(package).and_then(|package| match &self.mirror {
            Some(mirror) => Ok(mirror.package(package)?),
            None => Err(Failure::Core(
                Error::new(ErrorKind::InvalidInput, "the catalogue was not opened as a folder")
                    .hint("give the folder with the catalogue and its packages to `open()`"),
            )),
        });
        found.map_err(|failure| failure.into_python(py))
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_picklable("a catalogue"))
    }

    fn __repr__(&self) -> String {
        format!("Catalog({} packages from {})", self.catalog.packages().len(), self.described)
    }
}

both! {
    /// Holds a file to the strongest hash that the catalogue has for a package; says what that is worth: `strong` or `weak`.
    Catalog.verify / verify_async (package, file)
    |this, py, package: &str, file: PathBuf| {
        let package = this.package(package).cloned().map_err(|failure| failure.into_python(py))?;
        async move {
            let verified = tokio::task::spawn_blocking(move || library::verify_file(&package, &file)).await;
            Reply::json(&verified.map_err(|ended| Failure::Panic(ended.to_string()))??)
        }
    }
}

/// The OpenPGP keys that an operator trusts to sign catalogues.
#[pyclass(frozen, module = "dsm")]
pub(crate) struct Keyring {
    keys: Arc<library::Keyring>,
}

#[pymethods]
impl Keyring {
    /// Of the bytes of a file of public keys, in ASCII armour or without.
    #[new]
    fn new(py: Python<'_>, keys: &[u8]) -> PyResult<Self> {
        let keys = library::Keyring::parse(keys).map_err(|error| Failure::from(error).into_python(py))?;
        Ok(Self { keys: Arc::new(keys) })
    }

    /// The fingerprints of the keys and subkeys, hexadecimal.
    #[getter]
    fn fingerprints(&self) -> Vec<String> {
        self.keys.fingerprints().collect()
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_picklable("a keyring"))
    }

    fn __repr__(&self) -> String {
        format!("Keyring({})", self.fingerprints().join(", "))
    }
}

both! {
    /// Checks the detached signature of a file as it was fetched, packed or not; gives the fingerprint of the key that signed it.
    Keyring.verify / verify_async (file, signature)
    |this, _py, file: PathBuf, signature: Vec<u8>| {
        let keys = Arc::clone(&this.keys);
        async move {
            let verified = tokio::task::spawn_blocking(move || {
                let document = CatalogFile(file).open()?;
                keys.verify(document, &signature)
            });
            let verified = verified.await.map_err(|ended| Failure::Panic(ended.to_string()))?;
            Ok(Reply::Text(verified?))
        }
    }
}

/// A file of Python's. Each piece is asked for with the interpreter held, and read without.
struct FromPython(Py<PyAny>);

impl Read for FromPython {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = with_interpreter(|py| {
            let piece = self.0.bind(py).call_method1(intern!(py, "read"), (buffer.len(),))?;
            let piece = piece.cast_into::<PyBytes>()?;
            let bytes = piece.as_bytes();
            match buffer.get_mut(..bytes.len()) {
                Some(room) => room.copy_from_slice(bytes),
                None => {
                    return Err(pyo3::exceptions::PyValueError::new_err("read() gave more than asked for"));
                }
            }
            Ok(bytes.len())
        });
        read.ok_or_else(|| io::Error::other("the interpreter goes down"))?.map_err(io::Error::other)
    }
}
