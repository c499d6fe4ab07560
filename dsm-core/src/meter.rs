//! What can be counted, for whatever recorder the program installs with the `metrics` facade. Without the feature `metrics`
//! nothing of it is compiled, without a recorder it costs next to nothing.
//!
//! | name | kind | labels |
//! | --- | --- | --- |
//! | `dsm_jobs_claimed_total` | counter | |
//! | `dsm_attempts_total` | counter | `job_type`, `outcome` |
//! | `dsm_attempt_seconds` | histogram | `job_type`, `outcome` |
//! | `dsm_settlements_total` | counter | `answer`: `applied`, `terminal`, `lease_lost`, `unstored` |
//! | `dsm_leases_lost_total` | counter | |
//! | `dsm_activity_waiting` | gauge | |
//! | `dsm_activity_spilled_total` | counter | |
//! | `dsm_requests_total` | counter | `method`, `outcome`: `ok` or the kind of the error |
//! | `dsm_request_seconds` | histogram | `method` |

use std::time::Duration;

#[cfg(feature = "metrics")]
mod facade {
    use super::Duration;

    pub(crate) fn claimed(jobs: usize) {
        metrics::counter!("dsm_jobs_claimed_total").increment(jobs as u64);
    }

    pub(crate) fn attempt(job_type: &str, outcome: &'static str, took: Duration) {
        let job_type = job_type.to_owned();
        metrics::counter!("dsm_attempts_total", "job_type" => job_type.clone(), "outcome" => outcome)
            .increment(1);
        metrics::histogram!("dsm_attempt_seconds", "job_type" => job_type, "outcome" => outcome).record(took);
    }

    pub(crate) fn settled(answer: &'static str) {
        metrics::counter!("dsm_settlements_total", "answer" => answer).increment(1);
    }

    pub(crate) fn lease_lost() {
        metrics::counter!("dsm_leases_lost_total").increment(1);
    }

    pub(crate) fn activity_waiting(rows: usize) {
        // Exact up to 2^53 rows.
        metrics::gauge!("dsm_activity_waiting").set(rows as f64);
    }

    pub(crate) fn activity_spilled(rows: u64) {
        metrics::counter!("dsm_activity_spilled_total").increment(rows);
    }

    pub(crate) fn request(method: &str, outcome: &'static str, took: Duration) {
        let method = method.to_owned();
        metrics::counter!("dsm_requests_total", "method" => method.clone(), "outcome" => outcome)
            .increment(1);
        metrics::histogram!("dsm_request_seconds", "method" => method).record(took);
    }
}

#[cfg(not(feature = "metrics"))]
mod facade {
    use super::Duration;

    pub(crate) fn claimed(_jobs: usize) {}
    pub(crate) fn attempt(_job_type: &str, _outcome: &'static str, _took: Duration) {}
    pub(crate) fn settled(_answer: &'static str) {}
    pub(crate) fn lease_lost() {}
    pub(crate) fn activity_waiting(_rows: usize) {}
    pub(crate) fn activity_spilled(_rows: u64) {}
    pub(crate) fn request(_method: &str, _outcome: &'static str, _took: Duration) {}
}

pub(crate) use facade::*;
