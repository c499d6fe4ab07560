//! Opening a file: looked at before SQLite may touch it, so that a file that is not ours stays as it is, byte for
//! byte, with nothing new beside it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::fault::{Db, Fault};
use super::migrate::{APPLICATION_ID, NEWEST, migrate, newer};
use crate::error::{Error, ErrorKind, Result};

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Inventory documents are a few KiB: fewer overflow pages than with 4 KiB.
const PAGE_BYTES: u32 = 8192;

/// What is at a path.
enum Found {
    Nothing,
    Empty,
    Ours,
}

/// Opens the writing connection, and makes the file where there is none.
pub(super) fn open_writer(path: &Path, busy_timeout: Duration, now: Timestamp) -> Result<Connection> {
    match inspect(path)? {
        Found::Nothing => create(path, busy_timeout, now)?,
        Found::Empty | Found::Ours => {}
    }
    prepare(path, busy_timeout, now).map_err(|fault| open_error(path, fault))
}

/// Opens a reading connection beside an open writer.
pub(super) fn open_reader(path: &Path, busy_timeout: Duration) -> Result<Connection> {
    let open = || -> Db<Connection> {
        let conn = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        conn.busy_timeout(busy_timeout)?;
        settle_plans(&conn)?;
        conn.pragma_update(None, "cache_size", -2048)?;
        conn.pragma_update(None, "mmap_size", 64 << 20)?;
        conn.set_prepared_statement_cache_capacity(64);
        Ok(conn)
    };
    open().map_err(|fault| open_error(path, fault))
}

/// A database that ends with the store.
pub(super) fn open_in_memory(now: Timestamp) -> Result<Connection> {
    let open = || -> Db<Connection> {
        let mut conn = Connection::open_in_memory()?;
        set_up(&conn)?;
        migrate(&mut conn, now)?;
        Ok(conn)
    };
    open().map_err(|fault| fault.into_error(Path::new(":memory:")))
}

fn prepare(path: &Path, busy_timeout: Duration, now: Timestamp) -> Db<Connection> {
    let mut conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.busy_timeout(busy_timeout)?;
    conn.pragma_update(None, "page_size", PAGE_BYTES)?;
    set_up(&conn)?;
    migrate(&mut conn, now)?;
    // After the schema: a new file then carries our mark in its header, not only in its log.
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "journal_size_limit", 64 << 20)?;
    Ok(conn)
}

fn set_up(conn: &Connection) -> Db<()> {
    conn.pragma_update(None, "foreign_keys", true)?;
    settle_plans(conn)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "cache_size", -8192)?;
    conn.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// A plan is made once. Else SQLite looks at the values for it (a partial index might fit this one), and makes it anew for
/// each value that is bound: most of what a statement costs.
fn settle_plans(conn: &Connection) -> Db<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Makes the file under another name first: no other process sees half a schema, and a crash leaves none.
fn create(path: &Path, busy_timeout: Duration, now: Timestamp) -> Result<()> {
    let draft = beside(path, &format!(".new-{}", uuid::Uuid::now_v7()));
    private_file(&draft).map_err(|cause| cannot_create(path, cause))?;
    let made =
        prepare(&draft, busy_timeout, now).and_then(|conn| conn.close().map_err(|(_, cause)| cause.into()));
    let linked =
        made.map_err(|fault| open_error(path, fault)).and_then(|()| match std::fs::hard_link(&draft, path) {
            Ok(()) => Ok(()),
            // Another process was first: its file is as good.
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            // No hard links here: an empty file is filled in place.
            Err(_) => private_file(path).map(drop).map_err(|cause| cannot_create(path, cause)),
        });
    let _ = std::fs::remove_file(&draft);
    linked
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A file name with something appended.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn inspect(path: &Path) -> Result<Found> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(cause) => return Err(cannot_read(path, cause)),
    };
    let meta = file.metadata().map_err(|cause| cannot_read(path, cause))?;
    if !meta.is_file() {
        return Err(not_ours(path, "it is not a regular file"));
    }
    if meta.len() == 0 {
        return Ok(Found::Empty);
    }
    let mut header = [0_u8; 100];
    if meta.len() < header.len() as u64 {
        return Err(not_ours(path, "it is not an SQLite database"));
    }
    file.read_exact(&mut header).map_err(|cause| cannot_read(path, cause))?;
    if &header[..16] != MAGIC {
        return Err(not_ours(path, "it is not an SQLite database"));
    }
    if number(&header, 68) != APPLICATION_ID {
        return Err(not_ours(path, "it is an SQLite database of another program"));
    }
    let version = number(&header, 60);
    if version > NEWEST {
        return Err(newer(version).about(path.display().to_string()));
    }
    if is_cut_short(path, &header, meta.len()) {
        return Err(not_ours(path, "it is shorter than its header says: a copy of it was cut short"));
    }
    Ok(Found::Ours)
}

/// With a log beside it the file may rightly be behind its header: an interrupted checkpoint goes on at the next open.
fn is_cut_short(path: &Path, header: &[u8; 100], length: u64) -> bool {
    let log = std::fs::metadata(beside(path, "-wal")).map_or(0, |meta| meta.len());
    let page = match u64::from(u16::from_be_bytes([header[16], header[17]])) {
        1 => 65536,
        bytes => bytes,
    };
    log == 0 && length < page * u64::from(number(header, 28))
}

fn number(header: &[u8; 100], at: usize) -> u32 {
    header[at..at + 4].iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn not_ours(path: &Path, why: &str) -> Error {
    Error::new(ErrorKind::StoreNotOurs, format!("not a store of dsm: {why}"))
        .about(path.display().to_string())
        .hint("name another file; this one was left as it is")
}

fn cannot_read(path: &Path, cause: io::Error) -> Error {
    Error::new(ErrorKind::Store, "the file cannot be read")
        .about(path.display().to_string())
        .hint("give this user read and write permission on it")
        .with_source(cause)
}

fn cannot_create(path: &Path, cause: io::Error) -> Error {
    let hint = match cause.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => "make its directory first",
        io::ErrorKind::StorageFull => "free space on its file system",
        _ => "give this user write permission on its directory, or name another file",
    };
    Error::new(ErrorKind::Store, "the file cannot be created")
        .about(path.display().to_string())
        .hint(hint)
        .with_source(cause)
}

/// Damage met while opening means that the file cannot be used at all.
fn open_error(path: &Path, fault: Fault) -> Error {
    match fault {
        Fault::Sql(cause)
            if matches!(
                cause.sqlite_error_code(),
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
            ) =>
        {
            not_ours(path, "its content is damaged").with_source(cause)
        }
        Fault::Ours(error) if error.subject().is_none() => error.about(path.display().to_string()),
        fault => fault.into_error(path),
    }
}
