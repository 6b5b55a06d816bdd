//! What a view has published: the one slot between its renderer and its fan-outs.

use std::sync::Arc;

use super::changes::ChangeLog;
use super::demand::Demand;
use super::frame::{DrawnFrame, Frame};
use super::snapshot::Snapshot;
use crate::codec::{Coded, Coding, Piece};
use crate::figure::ViewRows;
use crate::hub::error::{Overloaded, SubscribeError};
use crate::hub::status::{DataState, Health};
use crate::symbol::Symbol;
use crate::view::View;

/// The newest output of a view. A clone shares the bytes.
#[derive(Debug, Clone)]
pub struct Published {
    /// The newest figure, once there is one.
    pub frame: Option<Arc<Frame>>,
    /// The series that it was drawn from; not in the copies that streams read.
    pub snapshot: Option<Arc<Snapshot>>,
    /// How the feeds are doing, for a status that is made for one subscriber.
    pub health: Arc<Health>,
    /// The number of the newest status event and the event; a subscription sends each number once.
    pub status: (u64, Arc<Coded>),
    /// The changes that led to the newest rows; none of figures.
    pub changes: ChangeLog,
    /// The encodings that subscribers want.
    pub demand: Arc<Demand>,
    /// The view's own symbol, if it does not exist.
    pub missing: Option<Symbol>,
    /// Nothing more will be published; streams end after this.
    pub ended: bool,
}

impl Published {
    /// The output of a view whose feed has not answered.
    pub fn loading(health: Health) -> Self {
        Self {
            frame: None,
            snapshot: None,
            health: Arc::new(health),
            status: (0, Arc::default()),
            changes: ChangeLog::default(),
            demand: Arc::default(),
            missing: None,
            ended: false,
        }
    }

    /// The same for streams, which send events and read no series.
    pub fn for_streams(&self) -> Self {
        Self { snapshot: None, ..self.clone() }
    }

    /// Bytes that it keeps, in all codings.
    pub fn bytes(&self) -> usize {
        let frame = self.frame.iter().filter_map(|frame| frame.event()).map(Coded::bytes);
        let changes = self.changes.iter().map(|change| change.event.bytes());
        let rows = self.frame.iter().filter_map(|frame| frame.rows()).map(ViewRows::bytes);
        frame.chain(changes).chain(rows).sum()
    }

    /// Whether there is a figure, or a reason why there is none.
    pub fn is_settled(&self) -> bool {
        self.frame.is_some() || self.ended || self.health.state != DataState::Loading
    }

    /// A part of it in a coding, if that was made. After the end of a view its renderer makes nothing any more, so
    /// it is made here: a subscriber that came too late for the end would wait for ever.
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

    /// The figure with its series, or why there is none.
    pub fn figure(&self, view: &View, origin: &'static str) -> Result<DrawnFrame, SubscribeError> {
        if let (Some(frame), Some(snapshot)) = (&self.frame, &self.snapshot) {
            return Ok(DrawnFrame { frame: Arc::clone(frame), snapshot: Arc::clone(snapshot) });
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
