//! A whole fleet on a fast clock, a twentieth of it misbehaving by faults seen on real iDRACs: every version is right in the end,
//! or its server has failed for a reason that is told.
//!
//! `DSM_FLEET` says how many servers (60), `DSM_SHARE` how many of a hundred misbehave (5), `DSM_SEED` which faults strike where
//! (another each time; it is printed).

use std::collections::BTreeMap;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use dsm_suite::ward::Ward;
use idrac_sim::{Effect, FaultRule, Generation, HostRules, JobNaming, JobRules, Kind, ServerSpec};
use serde_json::json;

use super::stock::{BIOS, DIAGNOSTICS, IDRAC, RESET, Stock, UPDATE};

/// Simulated seconds in a real one: slow enough that a debug build on a small machine is no fault of its own.
const PACE: f64 = 60.0;

type Change = fn(ServerSpec) -> ServerSpec;

fn jobs(server: ServerSpec, change: impl FnOnce(&mut JobRules)) -> ServerSpec {
    let mut rules = JobRules::default();
    change(&mut rules);
    server.jobs(rules)
}

fn struck(server: ServerSpec, rule: FaultRule) -> ServerSpec {
    server.faults([rule])
}

/// Faults of the catalogue that an update can meet, by their numbers.
const FAULTS: &[(&str, Change)] = &[
    ("01 no session is free at first", |server| {
        struck(server, FaultRule::status(503, "RAC0218").path("*/Sessions").method("POST").count(2))
    }),
    ("02 sessions are forgotten", |server| {
        let mut server = struck(server, FaultRule::new(Effect::ForgetSessions).method("GET").probability(0.05));
        server.html_unauthorized = true;
        server
    }),
    ("07 no answer without Accept", |mut server| {
        server.strict_accept = true;
        server
    }),
    ("09 two documents in one body", |server| {
        struck(server, FaultRule::new(Effect::TwoDocuments).query("$expand"))
    }),
    ("11 connections break while it is read", |server| {
        struck(server, FaultRule::new(Effect::Drop).method("GET").probability(0.05))
    }),
    ("11 the connection breaks over the update, which was taken", |server| {
        struck(server, FaultRule::new(Effect::DropAfter).path("*/UpdateService.SimpleUpdate").nth(1))
    }),
    ("11 the connection breaks over the update, which was not taken", |server| {
        struck(server, FaultRule::new(Effect::Drop).path("*/UpdateService.SimpleUpdate").nth(2))
    }),
    ("12 not ready", |server| struck(server, FaultRule::status(503, "SWC0700").probability(0.05))),
    ("14 the iDRAC restarts in the middle", |server| {
        struck(server, FaultRule::new(Effect::Restart { for_ms: 240_000 }).path("*/JID_*").nth(2))
    }),
    ("15 tasks are purged", |server| jobs(server, |rules| rules.task_life_s = Some(5))),
    ("16 new jobs are not there yet", |server| jobs(server, |rules| rules.hidden_s = 30)),
    ("17 jobs are lost", |server| jobs(server, |rules| rules.lost_after_s = Some(30))),
    ("18 tasks never end", |server| jobs(server, |rules| rules.frozen_tasks = true)),
    ("19 no location", |server| jobs(server, |rules| rules.naming = JobNaming::Untold)),
    ("19 an odd location", |server| jobs(server, |rules| rules.naming = JobNaming::Odd)),
    ("20 jobs end with errors", |server| jobs(server, |rules| rules.ends = Some("CompletedWithErrors".into()))),
    ("21 a restart is pending for ever", |server| jobs(server, |rules| rules.ends = Some("RebootPending".into()))),
    ("22 the host ignores a graceful restart", |server| {
        server.host(HostRules { ignores_graceful: true, ..HostRules::default() })
    }),
    ("28 jobs stand still", |server| jobs(server, |rules| rules.stands_at = Some(99))),
    ("37 stale health", |server| struck(server, FaultRule::new(Effect::StaleData).probability(0.2))),
    ("40 numbers as texts", |server| struck(server, FaultRule::new(Effect::NumbersAsText))),
    ("45 Redfish is switched off", |mut server| {
        server.redfish_off = true;
        server
    }),
    ("47 a quiet period after each change", |mut server| {
        server.quiet_ms = 20_000;
        server
    }),
    ("50 the inventory flaps", |mut server| {
        server.firmware.flapping_reads = 3;
        server
    }),
    ("51 packed and not told", |server| struck(server, FaultRule::new(Effect::PackedUnasked).probability(0.1))),
    ("52 HTML in place of JSON", |server| {
        struck(server, FaultRule::new(Effect::Html { status: 200 }).method("GET").probability(0.05))
    }),
    ("52 a body that is cut off", |server| {
        struck(server, FaultRule::new(Effect::Truncate { keep: 40 }).method("GET").probability(0.05))
    }),
    ("-- a job is not prepared", |server| jobs(server, |rules| rules.not_prepared = 1)),
    ("-- nobody at home", |server| server.kind(Kind::Dead)),
];

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// A good enough sequence that is the same for the same seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).unwrap()
    }
}

/// Which servers misbehave, and how.
fn deal(count: usize, seed: u64) -> BTreeMap<usize, (&'static str, Change)> {
    let mut dice = Dice(seed);
    let mut dealt = BTreeMap::new();
    let share = number("DSM_SHARE").map_or(5, |share| usize::try_from(share).unwrap());
    while dealt.len() < (count * share / 100).clamp(1, count) {
        dealt.insert(dice.below(count), FAULTS[dice.below(FAULTS.len())]);
    }
    dealt
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_of_which_a_twentieth_misbehaves_ends_right_or_says_why() {
    let count = number("DSM_FLEET").map_or(60, |count| usize::try_from(count).unwrap());
    let now = || u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap();
    let seed = number("DSM_SEED").unwrap_or_else(now);
    println!("DSM_FLEET={count} DSM_SEED={seed}");
    let dealt = deal(count, seed);
    let mut ward = Ward::paced("127.70.0.0", count, PACE, |fleet| {
        let fleet = fleet.generation_mix(Generation::ALL);
        let dealt = dealt.iter().map(|(place, (_, change))| (*place, *change));
        dealt.fold(fleet, |fleet, (place, change)| fleet.server(place, change))
    })
    .await
    .unwrap();
    ward.stand.scan.idrac_width = 100;
    let stock = Stock::of(&[BIOS, IDRAC, DIAGNOSTICS]);
    let began = Instant::now();
    let ran = ward.run("firmware_update", stock.fetched(json!({"job_timeout": 3600}))).await.unwrap();
    println!("{count} servers in {:.0?}, {} requests", began.elapsed(), ward.fleet.totals().requests);

    let (mut failed, mut wrong) = (Vec::new(), Vec::new());
    for (place, server) in ward.servers.iter().enumerate() {
        let result = ran.of(*server);
        let fault = dealt.get(&place).map(|(name, _)| *name);
        let generation = Generation::ALL[place % Generation::ALL.len()];
        if let Some(name) = fault {
            println!("{place:>3} {generation:?} {name}: {} {}", result["status"], result["error"]);
        }
        if result["success"] == true {
            let updates = result["updates"].as_array().map_or(0, Vec::len);
            if updates != 3 {
                wrong.push(format!("{place} {generation:?}: {result:#}"));
            }
            continue;
        }
        failed.push(*server);
        let cause = result["error"].as_str().unwrap_or_default();
        if fault.is_none() || cause.is_empty() {
            wrong.push(format!("{place} {generation:?} {fault:?}: {result:#}"));
        }
    }
    assert!(wrong.is_empty(), "seed {seed}: {wrong:#?}");
    assert_eq!(ran.count("total_tasks"), count as i64);
    assert_eq!(ran.count("failed_tasks"), failed.len() as i64);

    // Who did well was asked for no more than it took.
    let journal = ward.fleet.journal();
    let mut asked: BTreeMap<(std::net::IpAddr, &str), usize> = BTreeMap::new();
    for one in journal.iter().filter(|one| one.method == "POST") {
        for command in [UPDATE, RESET].into_iter().filter(|command| command.ends_with(&one.path)) {
            *asked.entry((one.address.ip(), command)).or_default() += 1;
        }
    }
    for (place, _) in ward.servers.iter().enumerate().filter(|(place, _)| !dealt.contains_key(place)) {
        let of = |command: &'static str| asked.get(&(ward.ip(place), command)).copied().unwrap_or_default();
        assert_eq!((of(UPDATE), of(RESET)), (3, 1), "seed {seed}, server {place}");
    }

    // What the iDRACs themselves say now, without the faults that are in what they answer.
    for server in ward.fleet.servers() {
        server.set_faults([]);
    }
    let good: Vec<_> = ward.servers.iter().copied().filter(|server| !failed.contains(server)).collect();
    let plan = ward.job_on("firmware_update", &good, stock.fetched(json!({"dry_run": true})));
    let planned = ward.stand.run(plan).await.unwrap();
    for server in good {
        let waves = &planned.of(server)["plan"]["waves"];
        assert_eq!(waves, &json!([]), "seed {seed}: {:#}", planned.of(server));
    }
}
