//! One call of an operation: the client it goes by, its arguments, and who is told of its progress.

use dell_redfish::Client;
use dell_redfish::flow::settings::RegistryCache;
use dell_redfish::flow::wait::{OnProgress, WaitOptions};
use dell_redfish::upload::OnUpload;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::argument::Wait;
use crate::failure::Failure;

pub(crate) struct Call {
    pub(super) client: Client,
    /// Attribute registries read so far: megabytes that are read once.
    pub(super) registries: RegistryCache,
    pub(super) name: &'static str,
    pub(super) arguments: Value,
    pub(super) on_progress: Option<OnProgress>,
    pub(super) on_upload: Option<OnUpload>,
}

impl Call {
    /// The arguments. Nothing was sent before they are understood.
    pub(super) fn read<T: DeserializeOwned>(&mut self) -> Result<T, Failure> {
        serde_json::from_value(self.arguments.take()).map_err(|error| {
            let why = dsm_core::Error::new(dsm_core::ErrorKind::InvalidInput, error.to_string());
            Failure::Core(why.about(self.name))
        })
    }

    /// How this call waits for a job.
    pub(super) fn wait(&self, given: Option<&Wait>) -> WaitOptions {
        let options = WaitOptions { on_progress: self.on_progress.clone(), ..WaitOptions::default() };
        match given {
            Some(given) => given.over(options),
            None => options,
        }
    }
}
