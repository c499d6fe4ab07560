//! A real PostgreSQL server of a test's own: its binaries as the system has them, its files in a temporary directory,
//! its port on loopback. It goes when the test process goes, whatever that dies of.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::Failure;

/// The user's password: real, so that logging in is.
pub const PASSWORD: &str = "an elephant forgets nothing";

/// Starts the server, waits until it is told to end by the end of its input, stops the server, removes its files.
const WARDEN: &str = r#"
trap '' INT TERM HUP
"$1/pg_ctl" -D "$2/data" -l "$2/log" -w -t 120 start >"$2/start" 2>&1 && echo ready || { cat "$2/start" "$2/log"; }
cat >/dev/null
"$1/pg_ctl" -D "$2/data" -m immediate -w stop >/dev/null 2>&1
rm -rf "$2"
"#;

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    binaries: PathBuf,
    home: PathBuf,
    port: u16,
    owner: Option<(u32, u32)>,
    databases: AtomicU32,
    warden: Child,
    /// Closed with this process, which is what the warden waits for.
    _leash: ChildStdin,
}

impl Postgres {
    /// The server that all tests of a binary share. `None`, said aloud, where PostgreSQL is not installed.
    ///
    /// # Panics
    /// Where it is installed and does not start.
    #[must_use]
    #[allow(clippy::panic, clippy::print_stderr, reason = "a helper of tests")]
    pub fn shared() -> Option<&'static Self> {
        static SERVER: OnceLock<Option<Postgres>> = OnceLock::new();
        SERVER
            .get_or_init(|| match binaries() {
                Some(binaries) => match Self::start(binaries, "", &[], None) {
                    Ok(server) => Some(server),
                    Err(error) => panic!("PostgreSQL is installed and does not start: {error}"),
                },
                None => {
                    eprintln!("SKIPPED: PostgreSQL is not installed (Debian: apt-get install postgresql)");
                    None
                }
            })
            .as_ref()
    }

    /// A server of a test's own, with more lines for its configuration and files (name, text) beside its data; `None`
    /// where PostgreSQL is not installed.
    ///
    /// # Errors
    /// What it said instead of starting.
    pub fn own(settings: &str, files: &[(&str, String)]) -> Result<Option<Self>, Failure> {
        binaries().map(|binaries| Self::start(binaries, settings, files, None)).transpose()
    }

    /// A server of a test's own whose clock [`Postgres::set_clock`] moves; `None`, said aloud, without PostgreSQL or
    /// without libfaketime.
    ///
    /// # Errors
    /// What it said instead of starting.
    #[allow(clippy::print_stderr, reason = "a helper of tests")]
    pub fn with_clock() -> Result<Option<Self>, Failure> {
        let (Some(binaries), Some(library)) = (binaries(), faketime()) else {
            eprintln!(
                "SKIPPED: PostgreSQL or libfaketime is not installed (Debian: apt-get install postgresql faketime)"
            );
            return Ok(None);
        };
        Self::start(binaries, "", &[("clock", "+0".to_owned())], Some(&library)).map(Some)
    }

    /// Sets the server's clock: so many seconds from the machine's.
    ///
    /// # Errors
    /// Where its file cannot be written.
    pub fn set_clock(&self, seconds: i64) -> Result<(), Failure> {
        Ok(std::fs::write(self.home.join("clock"), format!("{seconds:+}"))?)
    }

    fn start(
        binaries: PathBuf,
        settings: &str,
        files: &[(&str, String)],
        clock: Option<&Path>,
    ) -> Result<Self, Failure> {
        let owner = owner()?;
        let home = tempfile::Builder::new().prefix("dsm-postgres-").tempdir()?.keep();
        std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o700))?;
        for (name, text) in files.iter().cloned().chain([("password", PASSWORD.to_owned())]) {
            let path = home.join(name);
            std::fs::write(&path, text)?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
            if let Some((user, group)) = owner {
                chown(&path, Some(user), Some(group))?;
            }
        }
        if let Some((user, group)) = owner {
            chown(&home, Some(user), Some(group))?;
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut initdb = Command::new(binaries.join("initdb"));
        initdb.args([
            "--no-sync",
            "--auth=scram-sha-256",
            "--username=dsm",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        ]);
        initdb.arg("--pwfile").arg(home.join("password")).arg("-D").arg(home.join("data"));
        run(initdb, owner)?;
        let mut file = std::fs::OpenOptions::new().append(true).open(home.join("data/postgresql.conf"))?;
        writeln!(
            file,
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\nfsync = on\nmax_connections = 200\n{settings}"
        )?;
        let mut warden = Command::new("/bin/sh");
        warden.args(["-c", WARDEN, "warden"]).arg(&binaries).arg(&home);
        if let Some(library) = clock {
            warden.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", home.join("clock"));
            warden.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        let mut warden = as_owner(&mut warden, owner).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let leash = warden.stdin.take().ok_or("no input of the warden")?;
        let mut said = String::new();
        BufReader::new(warden.stdout.take().ok_or("no output of the warden")?).read_line(&mut said)?;
        let server =
            Self { binaries, home, port, owner, databases: AtomicU32::new(0), warden, _leash: leash };
        if said.trim() == "ready" { Ok(server) } else { Err(format!("it did not start: {said}").into()) }
    }

    /// A new database; its address.
    ///
    /// # Errors
    /// The server's.
    pub fn database(&self) -> Result<String, Failure> {
        let name = format!("dsm{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(self.address(&name))
    }

    /// The address of a database.
    #[must_use]
    pub fn address(&self, database: &str) -> String {
        let password = PASSWORD.replace(' ', "%20");
        format!("postgres://dsm:{password}@127.0.0.1:{}/{database}", self.port)
    }

    /// Where it listens on loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runs statements; what they answer, a line a row, columns parted by `|`.
    ///
    /// # Errors
    /// The server's.
    pub fn sql(&self, database: &str, statements: &str) -> Result<String, Failure> {
        let mut psql = Command::new(self.binaries.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statements])
            .arg(self.address(database));
        run(psql, None)
    }

    /// Stops the server as a crash would, and starts it again.
    ///
    /// # Errors
    /// Where it does not come back.
    pub fn restart(&self) -> Result<(), Failure> {
        let mut control = Command::new(self.binaries.join("pg_ctl"));
        control.args(["-m", "immediate", "-w", "-t", "120", "restart", "-D"]).arg(self.home.join("data"));
        control.arg("-l").arg(self.home.join("log"));
        // The server inherits what is open: it would keep a pipe of ours from ever ending.
        let mut control =
            as_owner(&mut control, self.owner).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        if control.wait()?.success() {
            Ok(())
        } else {
            Err(format!("it did not come back: {}", self.log()?).into())
        }
    }

    /// What the server has logged.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn log(&self) -> Result<String, Failure> {
        Ok(String::from_utf8_lossy(&std::fs::read(self.home.join("log"))?).into_owned())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut stop = Command::new(self.binaries.join("pg_ctl"));
        stop.args(["-m", "immediate", "-w", "stop", "-D"]).arg(self.home.join("data"));
        let _ = run(stop, self.owner);
        // It only waited for us; with it goes the last that could use the files.
        let _ = self.warden.kill();
        let _ = self.warden.wait();
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

/// The newest the system has.
fn binaries() -> Option<PathBuf> {
    let has = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file();
    let version = |folder: &PathBuf| {
        let name = folder.parent()?.file_name()?.to_str()?.to_owned();
        name.parse::<u32>().ok()
    };
    let packaged = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = packaged.map(|entry| entry.path().join("bin")).filter(has).max_by_key(version);
    newest.or_else(|| std::env::split_paths(&std::env::var_os("PATH")?).find(has))
}

/// The library that tells a process another time.
fn faketime() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders.map(|entry| entry.path().join("faketime/libfaketime.so.1")).find(|library| library.is_file())
}

/// PostgreSQL refuses to run as root: then its own user runs it.
fn owner() -> Result<Option<(u32, u32)>, Failure> {
    use std::os::unix::fs::MetadataExt;
    if std::fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let id = |which: &str| -> Result<u32, Failure> {
        let mut command = Command::new("id");
        command.args([which, "postgres"]);
        Ok(run(command, None)?.trim().parse()?)
    };
    Ok(Some((id("-u")?, id("-g")?)))
}

fn as_owner(command: &mut Command, owner: Option<(u32, u32)>) -> &mut Command {
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command.current_dir(Path::new("/"))
}

fn run(mut command: Command, owner: Option<(u32, u32)>) -> Result<String, Failure> {
    let output = as_owner(&mut command, owner).output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{}: {}", command.get_program().display(), String::from_utf8_lossy(&output.stderr)).into())
}
