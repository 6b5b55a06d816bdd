//! What may be held at once, by one client and by all together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Client;

/// Counts permits against two bounds.
#[derive(Debug)]
pub struct Quota {
    total: usize,
    per_client: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    total: usize,
    by_client: HashMap<Client, usize>,
}

/// The right to hold one of what is counted; dropping it gives the right back.
#[derive(Debug)]
pub struct Permit {
    client: Option<Client>,
    quota: Arc<Quota>,
}

/// Which bound is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exceeded {
    /// All together hold as many as there are.
    Total,
    /// The client holds as many as one may.
    Client,
}

impl Quota {
    /// So many in all and so many of one client; 0 is unlimited.
    #[must_use]
    pub fn new(total: usize, per_client: usize) -> Arc<Self> {
        let bound = |value: usize| if value == 0 { usize::MAX } else { value };
        Arc::new(Self {
            total: bound(total),
            per_client: bound(per_client),
            taken: Mutex::default(),
        })
    }

    /// Whether there is one for `client`; none is taken.
    ///
    /// # Errors
    /// The bound that is reached.
    pub fn check(&self, client: Option<Client>) -> Result<(), Exceeded> {
        self.check_up_to(client, None)
    }

    /// The same for a client that may hold `most`, whatever others may.
    ///
    /// # Errors
    /// The bound that is reached.
    pub fn check_up_to(&self, client: Option<Client>, most: Option<usize>) -> Result<(), Exceeded> {
        self.fits(&self.taken(), client, most)
    }

    /// Takes one for `client`.
    ///
    /// # Errors
    /// The bound that is reached.
    pub fn take(self: &Arc<Self>, client: Option<Client>) -> Result<Permit, Exceeded> {
        self.take_up_to(client, None)
    }

    /// The same for a client that may hold `most`, whatever others may.
    ///
    /// # Errors
    /// The bound that is reached.
    pub fn take_up_to(
        self: &Arc<Self>,
        client: Option<Client>,
        most: Option<usize>,
    ) -> Result<Permit, Exceeded> {
        let mut taken = self.taken();
        self.fits(&taken, client, most)?;
        if let Some(client) = client {
            *taken.by_client.entry(client).or_default() += 1;
        }
        taken.total += 1;
        Ok(Permit { client, quota: Arc::clone(self) })
    }

    fn fits(
        &self,
        taken: &Taken,
        client: Option<Client>,
        most: Option<usize>,
    ) -> Result<(), Exceeded> {
        let of_client = client.and_then(|client| taken.by_client.get(&client)).copied();
        match () {
            () if taken.total >= self.total => Err(Exceeded::Total),
            () if of_client.unwrap_or(0) >= most.unwrap_or(self.per_client) => {
                Err(Exceeded::Client)
            }
            () => Ok(()),
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Counts are changed together at the end of a change, so a panic of another holder leaves them true.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// The client that holds it.
    #[must_use]
    pub const fn client(&self) -> Option<Client> {
        self.client
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut taken = self.quota.taken();
        taken.total -= 1;
        if let Some(client) = self.client
            && let Some(of_client) = taken.by_client.get_mut(&client)
        {
            *of_client -= 1;
            if *of_client == 0 {
                taken.by_client.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::{Client, Exceeded, Quota};

    const A: Option<Client> = Some(Client::V4(Ipv4Addr::new(10, 0, 0, 1)));
    const B: Option<Client> = Some(Client::V4(Ipv4Addr::new(10, 0, 0, 2)));

    #[test]
    fn the_last_permit_is_given_and_one_more_is_not_until_one_comes_back() {
        let quota = Quota::new(2, 0);
        let first = quota.take(A).expect("a permit");
        let _second = quota.take(A).expect("a permit");
        assert_eq!(quota.take(A).err(), Some(Exceeded::Total));
        drop(first);
        assert!(quota.take(A).is_ok());
    }

    #[test]
    fn a_client_with_a_bound_of_its_own_is_held_to_that_one() {
        let quota = Quota::new(4, 2);
        assert_eq!(quota.take_up_to(A, Some(0)).err(), Some(Exceeded::Client));
        let _more = [(); 3].map(|()| quota.take_up_to(A, Some(3)).expect("more than others"));
        assert_eq!(quota.check_up_to(A, Some(3)), Err(Exceeded::Client));
        let _last = quota.take_up_to(B, Some(9)).expect("a permit");
        assert_eq!(quota.take_up_to(B, Some(9)).err(), Some(Exceeded::Total), "all is all");
    }

    #[test]
    fn one_client_at_its_bound_does_not_touch_another_nor_those_without_a_name() {
        let quota = Quota::new(0, 1);
        assert_eq!(quota.check(A), Ok(()), "which takes none");
        let first = quota.take(A).expect("a permit");
        assert_eq!(quota.take(A).err(), Some(Exceeded::Client));
        assert_eq!(quota.check(A), Err(Exceeded::Client));
        assert!(quota.take(B).is_ok());
        let _unnamed = [(); 3].map(|()| quota.take(None).expect("a permit"));
        drop(first);
        assert!(quota.taken().by_client.is_empty());
    }
}
