//! What a view last had to say: the one slot between its renderer and its subscriptions.

use std::sync::Arc;

use super::chain::Link;
use super::changes::ChangeLog;
use super::demand::Demand;
use super::frame::Frame;
use crate::codec::{Coded, Coding, Piece};
use crate::hub::error::{Overloaded, SubscribeError};
use crate::hub::status::{DataState, Health};
use crate::symbol::Symbol;
use crate::view::View;

/// The newest of everything. Cloning shares the bytes.
#[derive(Debug, Clone)]
pub struct Published {
    /// The newest figure, once there is one.
    pub frame: Option<Arc<Frame>>,
    /// How the feed is doing, for a status made for one subscriber.
    pub health: Arc<Health>,
    /// The newest status event for all, and its number; a subscription sends each number once.
    pub status: (u64, Arc<Coded>),
    /// What the newest publication added to the chain of the view, if it did.
    pub link: Option<Arc<Link>>,
    /// What led to the newest rows from those before them; of figures there is nothing.
    pub changes: ChangeLog,
    /// What subscribers want.
    pub demand: Arc<Demand>,
    /// The symbol of the view that does not exist, if one does not.
    pub missing: Option<Symbol>,
    /// No more will come; the stream ends after what is here.
    pub ended: bool,
}

impl Published {
    /// A view whose feed has not answered.
    pub fn loading(health: Health) -> Self {
        Self {
            frame: None,
            health: Arc::new(health),
            status: (0, Arc::default()),
            link: None,
            changes: ChangeLog::default(),
            demand: Arc::default(),
            missing: None,
            ended: false,
        }
    }

    /// Bytes that it keeps, in all codings.
    pub fn bytes(&self) -> usize {
        let frame = self.frame.iter().filter_map(|frame| frame.event()).map(Coded::bytes);
        let changes = self.changes.iter().map(|change| change.event.bytes());
        frame.chain(changes).sum()
    }

    /// Whether there is a figure, or a reason why there is none.
    pub fn is_settled(&self) -> bool {
        self.frame.is_some() || self.ended || self.health.state != DataState::Loading
    }

    /// A piece of it in a coding, if it was made. When no more will come, nobody else makes it: a
    /// subscriber may have come after the view had its last word, and would wait for ever.
    pub fn coded(&self, piece: &Coded, coding: Coding) -> Option<Piece> {
        if self.ended {
            piece.fill(coding);
        }
        piece.get(coding)
    }

    /// A frame whole, likewise.
    pub fn whole(&self, frame: &Frame, coding: Coding) -> Option<Piece> {
        let event = if self.ended { Some(frame.write()) } else { frame.event() };
        self.coded(event?, coding)
    }

    /// The figure, or why there is none.
    pub fn figure(&self, view: &View, origin: &'static str) -> Result<Arc<Frame>, SubscribeError> {
        if let Some(frame) = &self.frame {
            return Ok(Arc::clone(frame));
        }
        if let Some(symbol) = self.missing.clone() {
            return Err(SubscribeError::NotFound { symbol, origin });
        }
        if self.health.state == DataState::Busy {
            return Err(Overloaded::Views.into());
        }
        let message = self.health.message.clone();
        let message = message.unwrap_or_else(|| format!("{} has no bars yet", view.symbol));
        Err(SubscribeError::Unavailable { message })
    }
}
