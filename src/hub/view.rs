//! Views: what subscribers see. One renderer per view draws its figures and publishes them, encoded.

pub mod chain;
pub mod changes;
pub mod demand;
pub mod encoder;
pub mod frame;
mod frame_id;
pub mod inputs;
pub mod published;
pub mod renderer;
pub mod snapshot;
pub mod usage;
