//! What a client logs in with.

use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::credentials::Credentials;
use crate::error::Result;
use crate::wire::common_headers;

/// Credentials, and the header they make.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) credentials: Credentials,
    pub(crate) basic: Arc<HeaderMap>,
}

impl Identity {
    pub(crate) fn new(credentials: Credentials) -> Result<Self> {
        let mut basic = common_headers();
        basic.insert(AUTHORIZATION, credentials.basic()?);
        Ok(Self { credentials, basic: Arc::new(basic) })
    }
}
