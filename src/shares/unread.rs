//! Bytes of answers that clients have not read yet.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::{Client, Exceeded};

/// One client may owe the reading of one part in so many of all that may be unread.
const CLIENTS: usize = 4;
/// Shorter answers are not counted: a connection costs as much.
const SMALL: usize = 16 * 1_024;

/// Counts answers on their way against a bound of all and one of each client. Bytes that a client is sent
/// several times at once are kept, and count, once.
#[derive(Debug)]
pub struct Unread {
    most: usize,
    held: Mutex<UnreadBytes>,
}

#[derive(Debug, Default)]
struct UnreadBytes {
    all: usize,
    by_client: HashMap<Option<Client>, usize>,
    /// How often the bytes that begin there are on their way to a client.
    times: HashMap<(Option<Client>, usize), usize>,
}

/// An answer on its way; dropping it is the end of the way.
#[derive(Debug)]
pub struct OnItsWay {
    unread: Arc<Unread>,
    client: Option<Client>,
    bytes: Bytes,
}

impl Unread {
    /// At most so many bytes in all; 0 is unlimited.
    #[must_use]
    pub fn new(most: usize) -> Arc<Self> {
        let most = if most == 0 { usize::MAX } else { most };
        Arc::new(Self { most, held: Mutex::default() })
    }

    /// Sends `bytes` on their way to `client`.
    ///
    /// # Errors
    /// The bound that is reached. An answer on its own is not refused for its length.
    pub fn send(
        self: &Arc<Self>,
        client: Option<Client>,
        bytes: Bytes,
    ) -> Result<OnItsWay, Exceeded> {
        let mut held = self.held();
        let key = (client, bytes.as_ptr().addr());
        if let Some(times) = held.times.get_mut(&key) {
            *times += 1;
        } else {
            let cost = cost(&bytes);
            let own = held.by_client.get(&client).copied().unwrap_or(0);
            let is_bound = cost > 0 && client.is_some() && own > 0;
            if is_bound && own + cost > self.most / CLIENTS {
                return Err(Exceeded::Client);
            }
            if cost > 0 && held.all > 0 && held.all + cost > self.most {
                return Err(Exceeded::Total);
            }
            held.all += cost;
            *held.by_client.entry(client).or_default() += cost;
            held.times.insert(key, 1);
        }
        drop(held);
        Ok(OnItsWay { unread: Arc::clone(self), client, bytes })
    }

    fn held(&self) -> MutexGuard<'_, UnreadBytes> {
        // Counts are changed together at the end of a change, so a panic of another holder leaves them true.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an answer counts.
fn cost(bytes: &Bytes) -> usize {
    if bytes.len() < SMALL { 0 } else { bytes.len() }
}

impl OnItsWay {
    /// The answer.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        let mut held = self.unread.held();
        let key = (self.client, self.bytes.as_ptr().addr());
        let Some(times) = held.times.get_mut(&key) else { return };
        *times -= 1;
        if *times > 0 {
            return;
        }
        held.times.remove(&key);
        let cost = cost(&self.bytes);
        held.all -= cost;
        if let Some(own) = held.by_client.get_mut(&self.client) {
            *own -= cost;
            if *own == 0 {
                held.by_client.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::{Bytes, Client, Exceeded, SMALL, Unread};

    fn client(n: u8) -> Option<Client> {
        (n > 0).then(|| Client::V4(Ipv4Addr::new(10, 0, 0, n)))
    }

    fn answer(len: usize) -> Bytes {
        vec![0; len].into()
    }

    #[test]
    fn a_client_may_leave_a_quarter_of_the_bound_unread_and_others_still_get_theirs() {
        let unread = Unread::new(8 * SMALL);
        let first = unread.send(client(1), answer(SMALL)).expect("the first");
        let _second = unread.send(client(1), answer(SMALL)).expect("the second");
        let refused = unread.send(client(1), answer(SMALL)).err();
        assert_eq!(refused, Some(Exceeded::Client));
        unread.send(client(1), answer(SMALL - 1)).expect("a small one");
        let _others: Vec<_> = (2..5)
            .flat_map(|n| [(); 2].map(|()| unread.send(client(n), answer(SMALL)).expect("room")))
            .collect();
        assert_eq!(unread.send(client(0), answer(SMALL)).err(), Some(Exceeded::Total));
        drop(first);
        unread.send(client(1), answer(SMALL)).expect("one was read");
    }

    #[test]
    fn the_same_bytes_count_once_for_a_client_and_a_long_answer_is_not_refused_alone() {
        let unread = Unread::new(4 * SMALL);
        let table = answer(8 * SMALL);
        let sent = [(); 3].map(|()| unread.send(client(1), table.clone()).expect("once"));
        assert!(unread.send(client(2), answer(SMALL)).is_err());
        drop(sent);
        let held = unread.held();
        assert_eq!((held.all, held.by_client.len(), held.times.len()), (0, 0, 0));
    }
}
