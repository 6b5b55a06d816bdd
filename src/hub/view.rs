//! Views: the frames of a view, their encodings, and what the view has published.

pub mod changes;
pub mod demand;
pub mod encoder;
pub mod frame;
pub mod frame_id;
pub mod published;
pub mod snapshot;
pub mod usage;
