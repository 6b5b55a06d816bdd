//! The form of the file, and how one of an earlier release becomes one of this.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::HistoryError;

/// What makes each form out of the one before; the first makes an empty file one. A form that was released
/// is never changed.
const MIGRATIONS: [&str; VERSION as usize] =
    [include_str!("schema/1.sql"), include_str!("schema/2.sql")];
/// The newest form.
const VERSION: u8 = 2;
/// Says that a file is ours: "figc".
const APPLICATION: i64 = 0x6669_6763;
/// How long another process may hold the file.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether [`open`] would succeed, as far as that can be told without a change of the file.
pub(super) fn check(path: &Path) -> Result<(), HistoryError> {
    if path.exists() {
        let connection = open_as(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        return version(&connection, path).map(drop);
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Whether the folder can be written to is known only by a try: another file than the one that SQLite makes.
    let trial = folder.join(format!(".figcast-{}", std::process::id()));
    let tried = fs::File::create_new(&trial).and_then(|_| fs::remove_file(&trial));
    tried.map_err(|error| HistoryError::Unopened { path: path.into(), detail: error.to_string() })
}

/// Opens the file for writing, making it or bringing it to the newest form first.
pub(super) fn open(path: &Path) -> Result<Connection, HistoryError> {
    let failed = |error: rusqlite::Error| HistoryError::of(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = open_as(path, flags)?;
    let found = version(&connection, path)?;
    // A commit is on the disk before it is answered, and readers never wait for one. A migration may put a table
    // in the place of another, with which no row may go that refers to it.
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF;",
        )
        .map_err(failed)?;
    migrate(&connection, found).map_err(failed)?;
    connection.execute_batch("PRAGMA foreign_keys = ON;").map_err(failed)?;
    Ok(connection)
}

/// Opens the file for reading.
pub(super) fn open_reader(path: &Path) -> Result<Connection, HistoryError> {
    let connection = open_as(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    version(&connection, path)?;
    Ok(connection)
}

fn open_as(path: &Path, flags: OpenFlags) -> Result<Connection, HistoryError> {
    let failed = |error: rusqlite::Error| HistoryError::of(path, &error);
    let is_for_writing = flags.contains(OpenFlags::SQLITE_OPEN_READ_WRITE);
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    // SQLite opens for reading what it may not write.
    if is_for_writing && connection.is_readonly("main").map_err(failed)? {
        return Err(HistoryError::ReadOnly { path: path.to_owned() });
    }
    Ok(connection)
}

/// The form of the file; 0 of an empty one.
fn version(connection: &Connection, path: &Path) -> Result<i64, HistoryError> {
    let failed = |error: rusqlite::Error| HistoryError::of(path, &error);
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, found) =
        (pragma("application_id").map_err(failed)?, pragma("user_version").map_err(failed)?);
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(failed)?;
    if application != APPLICATION && tables > 0 {
        return Err(HistoryError::Foreign { path: path.to_owned() });
    }
    if found > VERSION.into() {
        return Err(HistoryError::Newer { path: path.to_owned(), found, known: VERSION.into() });
    }
    Ok(found)
}

fn migrate(connection: &Connection, found: i64) -> rusqlite::Result<()> {
    for (made, migration) in (1..).zip(MIGRATIONS).filter(|(made, _)| *made > found) {
        connection.execute_batch(&format!(
            "BEGIN IMMEDIATE; {migration} PRAGMA application_id = {APPLICATION}; \
             PRAGMA user_version = {made}; COMMIT;"
        ))?;
    }
    Ok(())
}
