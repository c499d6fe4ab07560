//! The file rows go to while the store is down: JSON lines, mode 0600, one file a process.
//!
//! A process holds the lock of its own file as long as it lives; a file nobody holds was left by one that died, and
//! whoever comes next writes its rows to the store and removes it.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::ActivityRow;

/// The files of one log, as its two writers share them.
pub(super) type SharedSpill = Arc<Mutex<Spill>>;

/// Does something with the files, off the runtime's threads.
pub(super) async fn on_disk<T: Send + 'static>(
    spill: Option<&SharedSpill>,
    work: impl FnOnce(&mut Spill) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let Some(spill) = spill.cloned() else {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "no file is set for it"));
    };
    tokio::task::spawn_blocking(move || work(&mut spill.lock().unwrap_or_else(PoisonError::into_inner)))
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// The files of one log.
pub(super) struct Spill {
    base: PathBuf,
    most_bytes: u64,
    own: Option<Segment>,
}

struct Segment {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Spill {
    pub(super) fn new(base: PathBuf, most_bytes: u64) -> Self {
        Self { base, most_bytes, own: None }
    }

    /// The same, and on the disk when this returns: neither a kill nor the power supply takes them away.
    pub(super) fn append_durably(&mut self, rows: &[ActivityRow]) -> io::Result<u64> {
        let dropped = self.append(rows)?;
        let Some(own) = &self.own else { return Ok(dropped) };
        own.file.sync_data()?;
        // The name of a file is an entry of its folder.
        File::open(folder_of(&self.base))?.sync_all()?;
        Ok(dropped)
    }

    /// Appends rows, whole or not at all; past half of the room without their bodies. Says how many bodies that cost.
    pub(super) fn append(&mut self, rows: &[ActivityRow]) -> io::Result<u64> {
        let mut segment = match self.own.take() {
            Some(segment) => segment,
            None => self.open()?,
        };
        let appended = segment.append(rows, self.most_bytes);
        self.own = Some(segment);
        appended
    }

    fn open(&self) -> io::Result<Segment> {
        let path = beside(&self.base, &uuid::Uuid::now_v7().to_string());
        let mut options = OpenOptions::new();
        options.append(true).read(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        // Nobody takes an empty file for an orphan, so the lock is ours.
        file.try_lock()?;
        Ok(Segment { path, file, bytes: 0 })
    }

    /// A file to write to the store: our own first (the next row begins another), then one a dead process left.
    pub(super) fn take(&mut self) -> Option<Replay> {
        if let Some(own) = self.own.take() {
            return Replay::open(own.path, own.file).ok();
        }
        let name = self.base.file_name()?.to_owned();
        let mut found: Vec<PathBuf> = fs::read_dir(folder_of(&self.base))
            .ok()?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| is_ours(path, &name))
            .collect();
        found.sort();
        found.into_iter().find_map(|path| {
            let file = OpenOptions::new().read(true).append(true).open(&path).ok()?;
            let full = file.metadata().ok()?.len() > 0;
            (full && file.try_lock().is_ok()).then(|| Replay::open(path, file).ok()).flatten()
        })
    }

    /// Keeps rows the store will never take, for people to look at.
    pub(super) fn keep_refused(&self, rows: &[ActivityRow]) -> io::Result<()> {
        let path = beside(&self.base, "refused");
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)?.write_all(&lines(rows)?)
    }
}

fn folder_of(base: &Path) -> &Path {
    base.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn beside(base: &Path, extension: &str) -> PathBuf {
    let mut path = OsString::from(base);
    path.push(".");
    path.push(extension);
    PathBuf::from(path)
}

/// `<base>.<uuid>`, and nothing else that may lie there.
fn is_ours(path: &Path, base: &OsString) -> bool {
    let same = path.file_stem() == Some(base.as_os_str());
    let id = path.extension().and_then(|text| text.to_str()).map(uuid::Uuid::try_parse);
    same && matches!(id, Some(Ok(_)))
}

fn lines(rows: &[ActivityRow]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut text, row)?;
        text.push(b'\n');
    }
    Ok(text)
}

impl Segment {
    fn append(&mut self, rows: &[ActivityRow], most_bytes: u64) -> io::Result<u64> {
        let (mut dropped, mut text) = (0, lines(rows)?);
        if self.bytes + text.len() as u64 > most_bytes / 2 {
            let has_body = |row: &&ActivityRow| row.request_body.is_some() || row.response_body.is_some();
            dropped = rows.iter().filter(has_body).count() as u64;
            let bare =
                rows.iter().map(|row| ActivityRow { request_body: None, response_body: None, ..row.clone() });
            text = lines(&bare.collect::<Vec<_>>())?;
        }
        if self.bytes + text.len() as u64 > most_bytes {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "the file has reached its largest size"));
        }
        if let Err(error) = self.file.write_all(&text) {
            // Half a line would spoil the next one.
            self.file.set_len(self.bytes)?;
            return Err(error);
        }
        self.bytes += text.len() as u64;
        Ok(dropped)
    }
}

/// A file on its way to the store. Dropped unfinished, it stays for another time.
pub(super) struct Replay {
    path: PathBuf,
    reader: BufReader<File>,
}

impl Replay {
    fn open(path: PathBuf, mut file: File) -> io::Result<Self> {
        io::Seek::rewind(&mut file)?;
        Ok(Self { path, reader: BufReader::new(file) })
    }

    /// The next rows; none at the end. A line that cannot be read (the machine stopped in the middle of it) is passed over.
    pub(super) fn next(&mut self, most: usize) -> io::Result<Vec<ActivityRow>> {
        let (mut rows, mut line) = (Vec::new(), Vec::new());
        while rows.len() < most {
            line.clear();
            if self.reader.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            match serde_json::from_slice(&line) {
                Ok(row) => rows.push(row),
                Err(error) => {
                    tracing::warn!(file = %self.path.display(), %error, "an activity row in the file cannot be read");
                }
            }
        }
        Ok(rows)
    }

    /// Everything is in the store.
    pub(super) fn finish(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}
