//! A server configuration profile, offline.

use std::path::PathBuf;

use dell_redfish::scp::{self, Attribute, Component, MAX_PROFILE_BYTES, ProfileFormat, ScpTarget};
use dsm_core::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::argument;
use crate::failure::Failure;
use crate::idrac::Hidden;
use crate::reply::record;
use crate::runtime::not_picklable;

/// A server configuration profile (SCP): what a server is set to, in one document, XML or JSON. Offline: needs no iDRAC.
///
/// It may hold secrets; `repr()` and `components()` show none.
#[pyclass(frozen, module = "dsm")]
pub(crate) struct Profile {
    profile: scp::Profile,
}

fn raised<T>(py: Python<'_>, outcome: dell_redfish::Result<T>) -> PyResult<T> {
    outcome.map_err(|error| Failure::from(error).into_python(py))
}

/// `dsm.idrac.ProfileComponent`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ComponentArgument {
    fqdd: String,
    #[serde(default)]
    attributes: Vec<AttributeArgument>,
    #[serde(default)]
    components: Vec<ComponentArgument>,
}

/// `dsm.idrac.ProfileAttribute`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributeArgument {
    name: String,
    value: Hidden,
    #[serde(default = "yes")]
    set_on_import: bool,
    comment: Option<String>,
}

const fn yes() -> bool {
    true
}

impl From<ComponentArgument> for Component {
    fn from(given: ComponentArgument) -> Self {
        let attribute = |given: AttributeArgument| {
            let attribute =
                Attribute::new(given.name, given.value.0.expose()).with_set_on_import(given.set_on_import);
            match given.comment {
                Some(comment) => attribute.with_comment(comment),
                None => attribute,
            }
        };
        let own = given.attributes.into_iter().map(attribute);
        let component = own.fold(Self::new(given.fqdd), Self::with_attribute);
        given.components.into_iter().map(Self::from).fold(component, Self::with_component)
    }
}

fn shown(component: &Component, secrets: bool) -> Value {
    let attribute = |each: &Attribute| {
        let is_hidden = each.is_secret() && !each.is_masked() && !secrets;
        json!({
            "name": each.name(),
            "value": if is_hidden { dell_redfish::redact::REDACTED } else { each.value() },
            "set_on_import": each.is_set_on_import(),
            "comment": each.comment(),
        })
    };
    json!({
        "fqdd": component.fqdd(),
        "attributes": component.attributes().iter().map(attribute).collect::<Vec<_>>(),
        "components": component.components().iter().map(|below| shown(below, secrets)).collect::<Vec<_>>(),
    })
}

#[pymethods]
impl Profile {
    /// Of its bytes or text: XML or JSON, told by what they are.
    #[new]
    fn new(py: Python<'_>, content: &Bound<'_, PyAny>) -> PyResult<Self> {
        let raw = match content.extract::<String>() {
            Ok(text) => text.into_bytes(),
            Err(_) => content.extract::<Vec<u8>>()?,
        };
        Ok(Self { profile: raised(py, scp::Profile::parse(raw))? })
    }

    /// Of a file.
    #[staticmethod]
    fn open(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let read = py.detach(|| {
            // One byte more than a profile may have tells that there is too much of it.
            let mut raw = Vec::new();
            let file = std::fs::File::open(&path)?;
            std::io::Read::read_to_end(
                &mut std::io::Read::take(file, MAX_PROFILE_BYTES as u64 + 1),
                &mut raw,
            )?;
            Ok::<_, std::io::Error>(raw)
        });
        let raw = read.map_err(|error| {
            let error = Error::new(ErrorKind::InvalidInput, format!("the profile cannot be read: {error}"));
            Failure::Core(error.about(path.display().to_string())).into_python(py)
        })?;
        Ok(Self { profile: raised(py, scp::Profile::parse(raw))? })
    }

    /// Of components, written in this format.
    #[staticmethod]
    #[pyo3(signature = (components, format="XML"))]
    fn of(py: Python<'_>, components: &Bound<'_, PyAny>, format: &str) -> PyResult<Self> {
        let components: Vec<ComponentArgument> = argument::read("components", components)?;
        let components = components.into_iter().map(Component::from).collect();
        let made = scp::Profile::from_components(components, self::format(py, format)?);
        Ok(Self { profile: raised(py, made)? })
    }

    /// `XML` or `JSON`.
    #[getter]
    fn format(&self) -> &'static str {
        self.profile.format().as_str()
    }

    /// Model of the server it was made on.
    #[getter]
    fn model(&self) -> Option<&str> {
        self.profile.model()
    }

    /// Service tag of the server it was made on.
    #[getter]
    fn service_tag(&self) -> Option<&str> {
        self.profile.service_tag()
    }

    /// When it was made, as the iDRAC wrote it.
    #[getter]
    fn time_stamp(&self) -> Option<&str> {
        self.profile.time_stamp()
    }

    /// Remarks that are no attributes.
    #[getter]
    fn comments(&self) -> Vec<String> {
        self.profile.comments().to_vec()
    }

    /// Names of parts that only the bytes hold. A profile derived from this one lacks them.
    #[getter]
    fn unknown_parts(&self) -> Vec<String> {
        self.profile.unknown_parts().to_vec()
    }

    /// The bytes as they came. They hold every secret.
    #[getter]
    fn raw<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.profile.raw())
    }

    /// Whether an import writes the iDRAC's own network settings, after which it may be found elsewhere or not at all.
    #[getter]
    fn moves_idrac(&self) -> bool {
        self.profile.moves_idrac()
    }

    /// The devices with their settings; secrets only where they are asked for.
    #[pyo3(signature = (*, secrets=false))]
    fn components<'py>(&self, py: Python<'py>, secrets: bool) -> PyResult<Bound<'py, PyAny>> {
        let all: Vec<_> = self.profile.components().iter().map(|each| shown(each, secrets)).collect();
        record(py, &all)
    }

    /// The secrets in it, by name.
    fn secrets<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        record(py, &self.profile.secrets())
    }

    /// Settings whose import destroys data.
    fn hazards<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        record(py, &self.profile.hazards())
    }

    /// Whether it is of a server with this model and service tag.
    #[pyo3(signature = (model=None, service_tag=None))]
    fn fit<'py>(
        &self,
        py: Python<'py>,
        model: Option<&str>,
        service_tag: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        record(py, &self.profile.fit(model, service_tag))
    }

    /// What going from this profile to another changes; secrets are told by name only.
    fn diff<'py>(&self, py: Python<'py>, after: &Self) -> PyResult<Bound<'py, PyAny>> {
        record(py, &py.detach(|| self.profile.diff(&after.profile)))
    }

    /// Only the components of these classes (`BIOS`, `IDRAC`, `NIC`, `RAID`, …).
    fn only(&self, py: Python<'_>, targets: &Bound<'_, PyAny>) -> PyResult<Self> {
        let targets: Vec<ScpTarget> = argument::read("targets", targets)?;
        Ok(Self { profile: raised(py, self.profile.only(&targets))? })
    }

    /// Only the settings for which `keep(fqdd, name)` is true.
    fn only_attributes(&self, py: Python<'_>, keep: &Bound<'_, PyAny>) -> PyResult<Self> {
        let mut raising = None;
        let kept = self.profile.only_attributes(|fqdd, attribute| {
            let asked = || keep.call1((fqdd, attribute.name()))?.is_truthy();
            match raising.is_none().then(asked) {
                Some(Ok(is_kept)) => is_kept,
                Some(Err(error)) => {
                    raising = Some(error);
                    false
                }
                None => false,
            }
        });
        match raising {
            Some(error) => Err(error),
            None => Ok(Self { profile: raised(py, kept)? }),
        }
    }

    /// The same without any secret.
    fn without_secrets(&self, py: Python<'_>) -> PyResult<Self> {
        Ok(Self { profile: raised(py, self.profile.without_secrets())? })
    }

    /// Written anew, in its own format unless another is said. It holds every secret.
    #[pyo3(signature = (format=None))]
    fn to_bytes<'py>(&self, py: Python<'py>, format: Option<&str>) -> PyResult<Bound<'py, PyBytes>> {
        let format = format.map_or(Ok(self.profile.format()), |format| self::format(py, format))?;
        Ok(PyBytes::new(py, &raised(py, self.profile.to_bytes(format))?))
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_picklable("a profile"))
    }

    fn __repr__(&self) -> String {
        let of = self.profile.model().unwrap_or("an unknown model");
        format!("Profile({} of {of}, {} components)", self.format(), self.profile.components().len())
    }
}

fn format(py: Python<'_>, text: &str) -> PyResult<ProfileFormat> {
    match text {
        "XML" => Ok(ProfileFormat::Xml),
        "JSON" => Ok(ProfileFormat::Json),
        _ => {
            let error = Error::new(ErrorKind::InvalidInput, "a profile is XML or JSON");
            Err(Failure::Core(error.about("format")).into_python(py))
        }
    }
}
