//! What a view last had to say: the one slot between its renderer and its subscriptions.

use std::sync::Arc;

use bytes::Bytes;

use super::frame::Frame;
use super::refusal::Refusal;
use super::status::{Health, State};
use crate::view::View;

/// The newest of everything. Cloning shares the bytes.
#[derive(Debug, Clone)]
pub struct Latest {
    /// The newest figure, once there is one.
    pub frame: Option<Arc<Frame>>,
    /// How the feed is doing, for a status made for one subscriber.
    pub health: Arc<Health>,
    /// The newest status event for all, and its number; a subscription sends each number once.
    pub status: (u64, Bytes),
    /// No more will come; the stream ends after what is here.
    pub ended: bool,
}

impl Latest {
    /// A view whose feed has not answered.
    pub fn loading(health: Health) -> Self {
        Self { frame: None, health: Arc::new(health), status: (0, Bytes::new()), ended: false }
    }

    /// Whether there is a figure, or a reason why there is none.
    pub fn is_settled(&self) -> bool {
        self.frame.is_some() || self.ended || self.health.state != State::Loading
    }

    /// The figure, or why there is none.
    pub fn figure(&self, view: &View, origin: &'static str) -> Result<Arc<Frame>, Refusal> {
        if let Some(frame) = &self.frame {
            return Ok(Arc::clone(frame));
        }
        Err(if self.health.state == State::NotFound {
            Refusal::NotFound { symbol: view.symbol.clone(), origin }
        } else {
            let message = self.health.message.clone();
            let unsaid = || format!("{} has no bars yet", view.symbol);
            Refusal::Unavailable { message: message.unwrap_or_else(unsaid) }
        })
    }
}
