//! What is wrong with the history, and what its operator can do about it.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

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
    /// The writer has ended, as the server has.
    #[error("the history is closed, as the server is stopping")]
    Closed,
}

impl HistoryError {
    /// What an error of SQLite means for the file at `path`.
    pub(super) fn of(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        let detail = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            // A file that cannot grow is one on a full disk, or beyond its owner's bound.
            Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure) => Self::Full { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged { path, detail }
            }
            Some(ErrorCode::CannotOpen) => Self::Unopened { path, detail },
            _ => Self::Failed { path, detail },
        }
    }
}
