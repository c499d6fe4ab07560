//! Python arguments into the library's values; an error names the argument.

use dsm_core::Error;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::failure::Failure;

/// A JSON-like object (dict, list, str, number, bool, None); a `datetime` or a path is read as its text.
pub(crate) fn json(value: &Bound<'_, PyAny>) -> PyResult<Value> {
    let py = value.py();
    let options = PyDict::new(py);
    options.set_item(intern!(py, "allow_nan"), false)?;
    options.set_item(intern!(py, "default"), py.get_type::<AsText>().call0()?)?;
    let text = py.import(intern!(py, "json"))?.call_method(intern!(py, "dumps"), (value,), Some(&options))?;
    serde_json::from_str(text.extract()?).map_err(|error| Failure::Json(error).into_python(py))
}

/// An argument of any type the library reads from JSON; `name` is what an error names.
pub(crate) fn read<T: DeserializeOwned>(name: &str, value: &Bound<'_, PyAny>) -> PyResult<T> {
    self::value(value.py(), name, json(value)?)
}

/// A record put together from several arguments; `name` is what an error names.
pub(crate) fn value<T: DeserializeOwned>(py: Python<'_>, name: &str, value: Value) -> PyResult<T> {
    serde_json::from_value(value).map_err(|error| refuse(py, name, &error.to_string()))
}

/// Arguments by name into one record whose fields all have defaults; an error names the argument.
pub(crate) fn fields<T: DeserializeOwned>(given: &Bound<'_, PyDict>) -> PyResult<T> {
    let py = given.py();
    let mut all = Map::new();
    for (name, value) in given {
        let name: String = name.extract()?;
        let value = json(&value)?;
        // Alone first, so that what is wrong with it is said of it.
        serde_json::from_value::<T>(Map::from_iter([(name.clone(), value.clone())]).into())
            .map_err(|error| refuse(py, &name, &error.to_string()))?;
        all.insert(name, value);
    }
    serde_json::from_value(all.into()).map_err(|error| Failure::Json(error).into_python(py))
}

/// The same from those of a call that were given.
pub(crate) fn given<'py, T: DeserializeOwned, const N: usize>(
    py: Python<'py>,
    arguments: [(&str, Option<Bound<'py, PyAny>>); N],
) -> PyResult<T> {
    let given = PyDict::new(py);
    for (name, value) in arguments {
        if let Some(value) = value {
            given.set_item(name, value)?;
        }
    }
    fields(&given)
}

/// The arguments that were given, as one object.
pub(crate) fn object<const N: usize>(
    arguments: [(&str, Option<Bound<'_, PyAny>>); N],
) -> PyResult<Map<String, Value>> {
    let given = arguments.into_iter().filter_map(|(name, value)| Some((name, value?)));
    given.map(|(name, value)| Ok((name.to_owned(), json(&value)?))).collect()
}

/// A record in which a key that the library would read over is a mistake: it was meant to say something.
#[derive(Debug)]
pub(crate) struct Known<T>(pub(crate) T);

impl<'de, T: Default + Serialize + DeserializeOwned> Deserialize<'de> for Known<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let given = Map::deserialize(from)?;
        let known = serde_json::to_value(T::default()).map_err(D::Error::custom)?;
        if let Some(key) = given.keys().find(|key| known.get(key).is_none()) {
            let names = known.as_object().into_iter().flat_map(Map::keys);
            let names = names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            return Err(D::Error::custom(format!("unknown field `{key}`, expected one of {names}")));
        }
        serde_json::from_value(given.into()).map(Self).map_err(D::Error::custom)
    }
}

/// Text that stands for something: an id, an address, a status.
pub(crate) fn parse<T: std::str::FromStr>(py: Python<'_>, name: &str, text: &str) -> PyResult<T>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| refuse(py, name, &format!("`{text}`: {error}")))
}

/// The same for a list; none is an empty one.
pub(crate) fn parse_all<T: std::str::FromStr>(
    py: Python<'_>,
    name: &str,
    texts: Option<Vec<String>>,
) -> PyResult<Vec<T>>
where
    T::Err: std::fmt::Display,
{
    texts.iter().flatten().map(|text| parse(py, name, text)).collect()
}

fn refuse(py: Python<'_>, name: &str, why: &str) -> PyErr {
    let error = Error::new(dsm_core::ErrorKind::InvalidInput, why).about(name);
    Failure::Core(error).into_python(py)
}

/// What `json.dumps` asks about a value it does not know.
#[pyclass(frozen, module = "dsm._dsm")]
struct AsText;

#[pymethods]
impl AsText {
    #[new]
    fn new() -> Self {
        Self
    }

    fn __call__<'py>(&self, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = value.py();
        for method in [intern!(py, "isoformat"), intern!(py, "__fspath__")] {
            if value.hasattr(method)? {
                return value.call_method0(method);
            }
        }
        Err(pyo3::exceptions::PyTypeError::new_err(format!(
            "a value of type {} cannot be part of a job",
            value.get_type().name()?
        )))
    }
}
