//! Streams: how published views reach clients. One fan-out per view and worker, one cursor per view of a
//! client's stream.

pub mod admission;
pub mod cursor;
pub mod fanout;
mod ready;
pub mod subscription;
