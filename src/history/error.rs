//! What is wrong with the history, and what its operator can do about it.

use std::path::{Path, PathBuf};

use rusqlite::{ErrorCode, ffi};

use super::push::RowFault;

/// Why something was not read or not written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HistoryError {
    /// Rows that cannot be kept; nothing of their push is.
    #[error("{} of the rows cannot be kept", .0.len())]
    Rows(Vec<RowFault>),
    /// The file cannot be opened at all.
    #[error("cannot open {}: {detail}; its folder has to be there and writable", path.display())]
    Unopened {
        /// The file.
        path: PathBuf,
        /// Why, in SQLite's words.
        detail: String,
    },
    /// The file is another program's.
    #[error("{} is the database of another program: name another file in history.path", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A later release has written the file.
    #[error(
        "{} has the form {found} of a later release, and this one knows {known}: run that release, or \
         name another file in history.path",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its form.
        found: i64,
        /// The newest form that this release knows.
        known: i64,
    },
    /// Another process holds the file.
    #[error("{} is locked by another process for too long: nothing was kept, try again", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The disk fails, or the file may not grow.
    #[error(
        "{} cannot be read or written: nothing was kept; look at its disk and the system's log, at quotas and at \
         the greatest size of a file ({detail})",
        path.display()
    )]
    Io {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// There is no room for it.
    #[error("no room is left for {}: nothing was kept; free some, or keep less (history.keep_days)", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// It may not be written.
    #[error("{} is read-only: nothing was kept; make it and its folder writable", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// It is no database any more.
    #[error(
        "{} is damaged: stop the server, move the file away or restore a backup, and start again ({detail})",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says of it.
        detail: String,
    },
    /// Anything else that SQLite says.
    #[error("{}: {detail}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// What is pushed is kept for several servers, and cannot be reached.
    #[error("{0}")]
    Shared(String),
    /// The writer has ended, as the server has.
    #[error("the history is closed, as the server is stopping")]
    Closed,
}

impl HistoryError {
    /// What an error of SQLite means for the file at `path`.
    pub(super) fn of(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        let detail = error.to_string();
        let (code, extended) = (error.sqlite_error_code(), error.sqlite_error());
        match code {
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::FileLockingProtocolFailed,
            ) => Self::Locked { path },
            Some(ErrorCode::DiskFull) => Self::Full { path },
            // The index of the log is a file, too, for which a full disk has no room.
            Some(ErrorCode::SystemIoFailure)
                if extended.map(|error| error.extended_code) == Some(ffi::SQLITE_IOERR_SHMSIZE) =>
            {
                Self::Full { path }
            }
            Some(ErrorCode::SystemIoFailure) => Self::Io { path, detail },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged { path, detail }
            }
            Some(ErrorCode::CannotOpen) => Self::Unopened { path, detail },
            _ => Self::Failed { path, detail },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rusqlite::ffi;

    use super::HistoryError;

    #[test]
    fn each_error_of_sqlite_is_told_as_what_it_is() {
        for (code, part) in [
            (ffi::SQLITE_BUSY, "is locked by another process"),
            (ffi::SQLITE_BUSY_SNAPSHOT, "is locked by another process"),
            (ffi::SQLITE_LOCKED, "is locked by another process"),
            (ffi::SQLITE_PROTOCOL, "is locked by another process"),
            (ffi::SQLITE_FULL, "no room is left for"),
            (ffi::SQLITE_IOERR_SHMSIZE, "no room is left for"),
            (ffi::SQLITE_IOERR, "cannot be read or written"),
            (ffi::SQLITE_IOERR_READ, "cannot be read or written"),
            (ffi::SQLITE_IOERR_WRITE, "cannot be read or written"),
            (ffi::SQLITE_IOERR_FSYNC, "cannot be read or written"),
            (ffi::SQLITE_READONLY, "is read-only"),
            (ffi::SQLITE_READONLY_DIRECTORY, "is read-only"),
            (ffi::SQLITE_PERM, "is read-only"),
            (ffi::SQLITE_CORRUPT, "is damaged"),
            (ffi::SQLITE_CORRUPT_INDEX, "is damaged"),
            (ffi::SQLITE_NOTADB, "is damaged"),
            (ffi::SQLITE_CANTOPEN, "cannot open"),
            (ffi::SQLITE_TOOBIG, "bars.db: "),
        ] {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            let told = HistoryError::of(Path::new("bars.db"), &error).to_string();
            assert!(told.contains(part), "{code}: {told}");
        }
    }
}
