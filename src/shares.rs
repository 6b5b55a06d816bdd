//! Who may take how much: clients as they are told apart, and the shares that each of them has.
//!
//! A share never depends on the route that takes it. A `Requester` is the client of a request, with the shares of its own that a
//! token may give it. `Quota` counts what is held at once, such as
//! streams and connections, of one client and of all together. `Holders` and `giving_way` share the room
//! for what many clients may hold in common, such as views and the feeds below them. `Rate` bounds how often
//! each client asks, and `Unread` how much it may leave unread. `Turns` says whose turn it is where clients
//! have to wait for each other, as for `Desks`, at which long work is done.

mod client;
mod desks;
mod holders;
mod quota;
mod rate;
mod requester;
mod turns;
mod unread;

pub use client::{Client, TokenSubject};
pub use desks::{Desk, Desks};
pub use holders::{Hold, Holders, Kept, giving_way};
pub use quota::{Exceeded, Permit, Quota};
pub use rate::Rate;
pub use requester::{Allowance, Requester};
pub use turns::{Ticket, Turns};
pub use unread::{OnItsWay, Unread};
