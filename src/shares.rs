//! Who may take how much: clients as they are told apart, and the shares that each of them has.
//!
//! A share never depends on the route that takes it. `Quota` counts what is held at once, such as
//! streams and connections, of one client and of all together.

mod client;
mod quota;

pub use client::Client;
pub use quota::{Exceeded, Permit, Quota};
