//! Something that Yahoo can be asked.

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use crate::shares::Holders;
use crate::source::error::SourceError;
use crate::source::fetch::Priority;
use crate::source::upstream::Answer;

/// Something that Yahoo can be asked.
pub trait Question: Sync {
    /// What its answer says.
    type Reply: Send;

    /// Which queue it waits in.
    fn priority(&self) -> Priority;

    /// The clients that it is asked for.
    fn watchers(&self) -> &Arc<Holders>;

    /// Where to ask it.
    fn url(&self, base: &Url, now: Timestamp) -> Url;

    /// Reads what was answered.
    fn read(&self, answer: &Answer, now: Timestamp) -> Result<Self::Reply, SourceError>;
}
