//! What the database's server spends: its processes' time on the cores and the log it writes.

use dsm_suite::postgres::Postgres;

use crate::Outcome;

/// Clock ticks a second of `/proc/<pid>/stat`: 100 on every Linux there is.
const TICKS: f64 = 100.0;

/// The server all rounds share, with the settings that are the same for everybody.
pub(crate) struct Server {
    pub(crate) postgres: Postgres,
    postmaster: u32,
}

/// Spent so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spent {
    pub(crate) cpu_s: f64,
    pub(crate) wal_bytes: f64,
}

impl Server {
    pub(crate) fn start() -> Outcome<Self> {
        let settings = "shared_buffers = '1GB'\nmax_wal_size = '4GB'\n";
        let postgres = Postgres::own(settings, &[])?.ok_or("PostgreSQL is not installed")?;
        let file = postgres.sql("postgres", "SELECT pg_read_file('postmaster.pid')")?;
        let postmaster = file.lines().next().unwrap_or_default().trim().parse()?;
        Ok(Self { postgres, postmaster })
    }

    pub(crate) fn version(&self) -> Outcome<String> {
        Ok(self.postgres.sql("postgres", "SHOW server_version")?.trim().to_owned())
    }

    pub(crate) fn spent(&self) -> Outcome<Spent> {
        let wal = self.postgres.sql("postgres", "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")?;
        let children = format!("/proc/{0}/task/{0}/children", self.postmaster);
        let children = std::fs::read_to_string(children).unwrap_or_default();
        // Those that have ended are counted with the postmaster, which waited for them.
        let alive: f64 = children.split_whitespace().map(|pid| ticks(pid, 2)).sum();
        let cpu_s = (alive + ticks(&self.postmaster.to_string(), 4)) / TICKS;
        Ok(Spent { cpu_s, wal_bytes: wal.trim().parse()? })
    }

    /// Statistics as they are after a while, and nothing of the setting-up left to be written during the work.
    pub(crate) fn settle(&self, database: &str) -> Outcome<()> {
        self.postgres.sql(database, "VACUUM (ANALYZE)")?;
        self.postgres.sql(database, "CHECKPOINT")?;
        Ok(())
    }
}

/// The first so many of a process's times: own user and system, then those of ended children.
fn ticks(pid: &str, count: usize) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name stands in brackets and may hold blanks.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11);
    fields.take(count).filter_map(|field| field.parse::<f64>().ok()).sum()
}
