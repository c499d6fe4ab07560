//! A file that is not ours is refused by name and left as it is.

use dsm_core::ErrorKind;
use dsm_core::store::{SqliteOptions, SqliteStore};

#[test]
fn a_foreign_file_is_refused_and_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inventory.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1);").unwrap();
    drop(other);
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "just text, longer than the header of a database would be".repeat(20)).unwrap();
    for file in [&path, &text] {
        let before = std::fs::read(file).unwrap();
        let error = SqliteStore::open(file, SqliteOptions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StoreNotOurs);
        assert!(error.to_string().contains(&file.display().to_string()), "{error}");
        assert!(error.way_out().is_some(), "{error}");
        assert_eq!(std::fs::read(file).unwrap(), before);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing new beside them");
}
