//! What a process cost itself: time on the wall, time on the cores, the most memory it held.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// The cost of one piece of work, in the process that did it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// Seconds from the start of the work to its end; setting up before it is not in it.
    pub(crate) wall_s: f64,
    /// Seconds of both cores, user and system, of the whole process from its first instruction.
    pub(crate) cpu_s: f64,
    /// Peak resident memory of the whole process, in MB (VmHWM).
    pub(crate) rss_mb: f64,
}

/// Starts the clock of the work.
pub(crate) struct Watch(Instant);

impl Watch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn stop(&self) -> Cost {
        Cost { wall_s: self.0.elapsed().as_secs_f64(), cpu_s: cpu().as_secs_f64(), rss_mb: peak_mb() }
    }
}

/// User and system time of this process so far.
pub(crate) fn cpu() -> Duration {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanos) = (u64::try_from(spent.tv_sec), u32::try_from(spent.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanos.unwrap_or_default())
}

/// Seconds that the threads of that name have run so far. 0 where the system does not tell.
pub(crate) fn thread_cpu_s(name: &str) -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let named = tasks.filter(|task| {
        std::fs::read_to_string(task.path().join("comm")).is_ok_and(|comm| comm.trim_end() == name)
    });
    let nanos = named.filter_map(|task| {
        let ran = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        ran.split_whitespace().next()?.parse::<f64>().ok()
    });
    nanos.sum::<f64>() / 1e9
}

/// VmHWM begins anew at exec, which the peak of getrusage does not. 0 where the system does not tell.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() * 1024.0 / 1e6
}

/// Load average over the last minute: how much else the machine was doing.
pub(crate) fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default()
}
