//! Telling the existing system's `update-job` what was written, for those who want to be notified as they are used to.
//!
//! Only the status goes there: it replaces `details` as a whole, which are not ours alone. The row has that status
//! already, so what the function writes is what is there. A notification that fails is told in the log and costs no job.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::Service;
use super::canonical::canonical;
use crate::id::JobId;
use crate::job::JobStatus;

/// Signature over the canonical text and the decimal Unix seconds, lower-case hexadecimal.
fn signature(secret: &str, body: &str, seconds: i64) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(body.as_bytes());
    mac.update(seconds.to_string().as_bytes());
    Some(mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The headers that go with a body. None without a secret: then it is sent unsigned.
pub(super) fn headers(secret: Option<&str>, body: &str, seconds: i64) -> Vec<(&'static str, String)> {
    let Some(signed) = secret.and_then(|secret| signature(secret, body, seconds)) else { return Vec::new() };
    vec![("x-executor-signature", signed), ("x-executor-timestamp", seconds.to_string())]
}

impl Service {
    /// Says so to `update-job`, where that is wanted.
    pub(super) async fn notify(&self, jobs: &[JobId], status: JobStatus) {
        if !self.options.notify || matches!(status, JobStatus::Pending) {
            return;
        }
        let secret = self.options.executor_secret.as_ref().map(|secret| secret.as_str());
        for job in jobs {
            let body: Value = json!({"job": {"job_id": job, "status": status}});
            let body = canonical(&body);
            let headers = headers(secret, &body, crate::clock::now().as_second());
            if let Err(fault) = self.http.edge("update-job", body, &headers).await {
                let error = fault.into_error(&self.http.label);
                tracing::warn!(job_id = %job, "nobody was notified: {}", error.chain());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_signed_with_its_time() {
        // Checked with `printf '%s' '{"job":{"log":"✓"}}1700000000' | openssl dgst -sha256 -hmac key`.
        let body = canonical(&json!({"job": {"log": "✓"}}));
        let headers = headers(Some("key"), &body, 1_700_000_000);
        assert_eq!(headers[1], ("x-executor-timestamp", "1700000000".to_owned()));
        assert_eq!(headers[0].1, "dcd96dc4964990a3fd61d3d922533b638ed7f71d52c5738cae2a1474374e108b");
        assert!(super::headers(None, &body, 0).is_empty());
    }
}
