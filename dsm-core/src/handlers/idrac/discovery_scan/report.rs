//! What a scan tells: counters, the last results, and the keys of `details` that front ends read.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::recorder::Ended;
use crate::store::record::ServerChange;

/// Results shown while the scan runs.
const SHOWN: usize = 20;

/// Results kept for the end, beside those of dead addresses. Counters stay exact beyond it.
const KEPT: usize = 1_000;

/// Dead addresses listed at the end: all of a /24, the first of anything larger.
const KEPT_DEAD: usize = 256;

/// Addresses listed by kind (refused logins, changed certificates).
const LISTED: usize = 500;

/// What became of one address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ScanResult {
    pub(super) ip: String,
    pub(super) status: ResultStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) filter_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) service_tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) credential_set: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) duration: Option<f64>,
}

/// The words the existing front end knows, and `failed` for an iDRAC that was there but could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ResultStatus {
    Synced,
    AuthFailed,
    Filtered,
    Failed,
}

impl ScanResult {
    pub(super) fn new(ip: impl ToString, status: ResultStatus) -> Self {
        Self {
            ip: ip.to_string(),
            status,
            filter_reason: None,
            model: None,
            service_tag: None,
            credential_set: None,
            error: None,
            duration: None,
        }
    }

    pub(super) fn filtered(ip: impl ToString, reason: impl Into<String>) -> Self {
        Self { filter_reason: Some(reason.into()), ..Self::new(ip, ResultStatus::Filtered) }
    }
}

/// How many addresses are in which stage just now. Workers move these; nobody waits for anybody.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    pub(super) port: AtomicU64,
    pub(super) detecting: AtomicU64,
    pub(super) authenticating: AtomicU64,
    pub(super) syncing: AtomicU64,
}

/// Counts one address in a stage for as long as it lives.
#[derive(Debug)]
pub(super) struct InStage<'a>(&'a AtomicU64);

impl<'a> InStage<'a> {
    pub(super) fn enter(gauge: &'a AtomicU64) -> Self {
        gauge.fetch_add(1, Ordering::Relaxed);
        Self(gauge)
    }
}

impl Drop for InStage<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Exact counters of a scan; part of its checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Tally {
    pub(super) processed: u64,
    pub(super) stage1_passed: u64,
    pub(super) stage1_filtered: u64,
    pub(super) stage2_passed: u64,
    pub(super) stage2_filtered: u64,
    pub(super) stage3_passed: u64,
    /// Recognised as an iDRAC, but not read for another reason than the two below.
    pub(super) failed: u64,
    pub(super) auth_failures: u64,
    pub(super) certificate_changed: u64,
    pub(super) new_servers: u64,
    pub(super) updated_servers: u64,
    pub(super) moved_servers: u64,
    pub(super) inventory_complete: u64,
    pub(super) inventory_partial: u64,
    pub(super) inventory_failed: u64,
    /// Time spent by earlier attempts, in milliseconds.
    pub(super) spent_ms: u64,
}

impl Tally {
    /// Counts an address that is finished.
    pub(super) fn count(&mut self, ended: Ended) {
        self.processed += 1;
        if ended == Ended::PortClosed {
            self.stage1_filtered += 1;
            return;
        }
        self.stage1_passed += 1;
        if ended == Ended::NotIdrac {
            self.stage2_filtered += 1;
            return;
        }
        self.stage2_passed += 1;
        match ended {
            Ended::Found => self.stage3_passed += 1,
            Ended::Refused => self.auth_failures += 1,
            Ended::CertificateChanged => self.certificate_changed += 1,
            Ended::Failed | Ended::PortClosed | Ended::NotIdrac => self.failed += 1,
        }
    }

    /// Counts what a finding did to the table.
    pub(super) fn count_change(&mut self, change: &ServerChange) {
        match change {
            ServerChange::New => self.new_servers += 1,
            ServerChange::Updated => self.updated_servers += 1,
            ServerChange::Moved { .. } => self.moved_servers += 1,
        }
    }
}

/// Counters, lists and results of a scan; the checkpoint keeps it whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Report {
    pub(super) tally: Tally,
    results: Vec<ScanResult>,
    dead: Vec<ScanResult>,
    auth_failure_ips: Vec<String>,
    certificate_changed_ips: Vec<String>,
    /// The last ones, dead addresses among them.
    #[serde(skip)]
    last: VecDeque<ScanResult>,
}

impl Report {
    /// Takes the result of an address in; the counters are the caller's.
    pub(super) fn add(&mut self, result: ScanResult, certificate_changed: bool) {
        if certificate_changed && self.certificate_changed_ips.len() < LISTED {
            self.certificate_changed_ips.push(result.ip.clone());
        }
        if result.status == ResultStatus::AuthFailed && self.auth_failure_ips.len() < LISTED {
            self.auth_failure_ips.push(result.ip.clone());
        }
        if self.last.len() == SHOWN {
            self.last.pop_front();
        }
        self.last.push_back(result.clone());
        if result.filter_reason.as_deref() == Some("port_closed") {
            if self.dead.len() < KEPT_DEAD {
                self.dead.push(result);
            }
        } else if self.results.len() < KEPT {
            self.results.push(result);
        }
    }

    /// Whether any iDRAC could not be taken in whole: what makes the verdict a partial one.
    pub(super) fn shortfall(&self) -> Option<String> {
        let tally = &self.tally;
        let parts: Vec<String> = [
            (tally.auth_failures, "refused every credential"),
            (tally.certificate_changed, "showed another certificate than the one remembered"),
            (tally.failed, "could not be read"),
            (tally.inventory_failed, "gave no inventory"),
            (tally.inventory_partial, "gave only a part of their inventory"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
        (!parts.is_empty()).then(|| format!("of the iDRACs found, {}", parts.join(", ")))
    }

    /// The keys written while the scan runs.
    pub(super) fn running(
        &self,
        total: u64,
        gauges: &Gauges,
        current_ip: Option<IpAddr>,
    ) -> Map<String, Value> {
        let port = gauges.port.load(Ordering::Relaxed);
        let detecting = gauges.detecting.load(Ordering::Relaxed);
        let authenticating = gauges.authenticating.load(Ordering::Relaxed);
        let syncing = gauges.syncing.load(Ordering::Relaxed);
        let stage = if port > 0 {
            "port_check"
        } else if detecting > 0 {
            "detecting"
        } else if authenticating > 0 {
            "authenticating"
        } else {
            "sync"
        };
        let mut map = self.counters(total);
        map.extend(object([
            ("current_ip", json!(current_ip.map(|ip| ip.to_string()))),
            ("current_stage", json!(stage)),
            ("in_port_check", json!(port)),
            ("in_detecting", json!(detecting)),
            ("in_authenticating", json!(authenticating)),
            ("in_syncing", json!(syncing)),
            ("progress_percent", json!(percent(self.tally.processed, total))),
            ("server_results", json!(self.last)),
        ]));
        map
    }

    /// The keys written at the end.
    pub(super) fn finished(
        &self,
        total: u64,
        ranges: &[String],
        spent: Duration,
        inventory: bool,
    ) -> Map<String, Value> {
        let all: Vec<&ScanResult> = self.results.iter().chain(&self.dead).collect();
        let cut = (all.len() as u64) < self.tally.processed;
        let mut map = self.counters(total);
        map.extend(object([
            ("scanned_ips", json!(total)),
            ("auth_failure_ips", json!(self.auth_failure_ips)),
            ("certificate_changed_ips", json!(self.certificate_changed_ips)),
            ("auto_refresh_triggered", json!(inventory)),
            ("optimization_enabled", json!(true)),
            ("current_stage", json!("complete")),
            ("current_ip", Value::Null),
            ("in_port_check", json!(0)),
            ("in_detecting", json!(0)),
            ("in_authenticating", json!(0)),
            ("in_syncing", json!(0)),
            ("progress_percent", json!(100)),
            ("scan_duration_seconds", json!((spent.as_secs_f64() * 1000.0).round() / 1000.0)),
            ("ip_ranges", json!(ranges)),
            ("server_results", json!(all)),
            ("server_results_cut", json!(cut)),
        ]));
        map
    }

    fn counters(&self, total: u64) -> Map<String, Value> {
        let tally = &self.tally;
        object([
            ("ips_total", json!(total)),
            ("ips_processed", json!(tally.processed)),
            ("stage1_passed", json!(tally.stage1_passed)),
            ("stage1_filtered", json!(tally.stage1_filtered)),
            ("stage2_passed", json!(tally.stage2_passed)),
            ("stage2_filtered", json!(tally.stage2_filtered)),
            ("stage3_passed", json!(tally.stage3_passed)),
            ("stage3_failed", json!(tally.failed + tally.auth_failures + tally.certificate_changed)),
            ("discovered_count", json!(tally.stage3_passed)),
            ("auth_failures", json!(tally.auth_failures)),
            ("new_servers", json!(tally.new_servers)),
            ("updated_servers", json!(tally.updated_servers)),
            ("moved_servers", json!(tally.moved_servers)),
            ("servers_refreshed", json!(tally.inventory_complete + tally.inventory_partial)),
            ("servers_partial", json!(tally.inventory_partial)),
            ("servers_failed", json!(tally.inventory_failed)),
        ])
    }
}

/// A JSON object from pairs.
pub(super) fn object<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

pub(super) fn percent(done: u64, total: u64) -> u64 {
    if total == 0 { 100 } else { (u128::from(done) * 100 / u128::from(total)) as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_capped_and_counters_are_not() {
        let mut report = Report::default();
        for n in 0..70_000u32 {
            report.tally.processed += 1;
            let ip = std::net::Ipv4Addr::from(n);
            if n % 10 == 0 {
                report.add(ScanResult::new(ip, ResultStatus::Synced), false);
            } else {
                report.add(ScanResult::filtered(ip, "port_closed"), false);
            }
        }
        let details = report.finished(70_000, &[], Duration::from_millis(1500), false);
        assert_eq!(details["server_results"].as_array().map(Vec::len), Some(KEPT + KEPT_DEAD));
        assert_eq!(details["server_results_cut"], true);
        assert_eq!(details["ips_processed"], 70_000);
        assert_eq!(details["scan_duration_seconds"], 1.5);
        let running = report.running(70_000, &Gauges::default(), None);
        assert_eq!(running["server_results"].as_array().map(Vec::len), Some(SHOWN));
    }

    #[test]
    fn a_clean_scan_has_no_shortfall_and_a_refusal_is_named() {
        let mut report = Report::default();
        report.tally.stage3_passed = 10;
        assert_eq!(report.shortfall(), None);
        report.tally.auth_failures = 2;
        assert_eq!(report.shortfall().as_deref(), Some("of the iDRACs found, 2 refused every credential"));
    }

    #[test]
    fn a_stage_is_left_however_its_work_ends() {
        let gauges = Gauges::default();
        {
            let _in = InStage::enter(&gauges.detecting);
            assert_eq!(gauges.detecting.load(Ordering::Relaxed), 1);
        }
        assert_eq!(gauges.detecting.load(Ordering::Relaxed), 0);
    }
}
