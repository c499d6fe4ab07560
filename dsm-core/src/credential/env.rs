//! Level 5: the environment, read once.

use super::secret::Secret;

/// `IDRAC_USER` and `IDRAC_PASSWORD` as they were at one moment. Counts only with both; nothing is ever assumed.
#[derive(Debug, Clone, Default)]
pub struct EnvCredentials {
    username: Option<String>,
    password: Option<Secret>,
}

impl EnvCredentials {
    /// Neither.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// What the embedding program has in place of the environment. Empty texts count as absent.
    #[must_use]
    pub fn new(username: Option<String>, password: Option<Secret>) -> Self {
        Self {
            username: username.filter(|text| !text.is_empty()),
            password: password.filter(|secret| !secret.is_empty()),
        }
    }

    /// This process's environment, now.
    #[must_use]
    pub fn from_process() -> Self {
        let read = |name| std::env::var(name).ok();
        Self::new(read("IDRAC_USER"), read("IDRAC_PASSWORD").map(Secret::new))
    }

    /// Both, if both are there.
    #[must_use]
    pub fn pair(&self) -> Option<(&str, &Secret)> {
        Some((self.username.as_deref()?, self.password.as_ref()?))
    }

    /// Why they do not count, for the list of what was tried.
    pub(super) fn lack(&self) -> &'static str {
        match (&self.username, &self.password) {
            (None, None) => "IDRAC_USER and IDRAC_PASSWORD are not set",
            (None, Some(_)) => "IDRAC_PASSWORD is set, IDRAC_USER is not",
            (Some(_), None) => "IDRAC_USER is set, IDRAC_PASSWORD is not",
            (Some(_), Some(_)) => "both are set",
        }
    }
}
