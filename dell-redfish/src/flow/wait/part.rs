//! What became of one component or attribute of a job that has several.

use crate::message::MessageId;
use crate::model::{Task, TaskMessage};

/// Results of one task that are kept: a whole profile has some thousands.
const MAX_PARTS: usize = 10_000;

/// The result of one part of a job (Dell `ServerConfigurationProfileResults` in a task's `Messages`).
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct PartOutcome {
    /// FQDD of the component; older firmware leaves it out.
    pub component: Option<String>,
    /// The attribute or component: `LDAP.1#Enable`.
    pub name: Option<String>,
    /// The same for people.
    pub display_name: Option<String>,
    /// Before.
    pub old_value: Option<String>,
    /// After.
    pub new_value: Option<String>,
    /// `Success`, `Failure`, …, as the iDRAC writes it.
    pub status: Option<String>,
    /// Dell's error number, where it is not `0`.
    pub error_code: Option<String>,
    /// What the iDRAC says of it.
    pub message_id: Option<MessageId>,
    /// The text of that.
    pub message: Option<String>,
}

impl PartOutcome {
    /// Reads a message that is about a part; nothing where it is about the whole job.
    pub(super) fn read(message: &TaskMessage) -> Option<Self> {
        let dell = message.oem.as_ref()?.dell.as_ref()?;
        if dell.name.is_none() && dell.display_value.is_none() && dell.status.is_none() {
            return None;
        }
        Some(Self {
            component: dell.fqdd.clone().filter(|fqdd| !fqdd.is_empty()),
            name: dell.name.clone(),
            display_name: dell.display_value.clone(),
            old_value: dell.old_value.clone(),
            new_value: dell.new_value.clone(),
            status: dell.status.clone(),
            error_code: dell.error_code.clone().filter(|code| !code.is_empty() && code != "0"),
            message_id: message.message_id.as_deref().map(MessageId::parse),
            message: message.message.clone(),
        })
    }

    /// All of a task.
    pub(in crate::flow) fn all_of(task: &Task) -> Vec<Self> {
        let messages = task.messages.as_deref().unwrap_or_default();
        messages.iter().take(MAX_PARTS).filter_map(Self::read).collect()
    }

    /// Whether it did not work: an error number, or a status that does not begin with `Success`.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        let bad = self.status.as_deref().is_some_and(|status| !status.starts_with("Success"));
        self.error_code.is_some() || bad
    }
}
