//! Events as they were sent, so that others can send the same: handed to a process on its input.

use std::io::{Read, Write as _};

use anyhow::{Context as _, ensure};

/// One event after the other, over and over.
pub struct Recording {
    events: Vec<Vec<u8>>,
}

impl Recording {
    /// Of at least one event.
    pub fn new(events: Vec<Vec<u8>>) -> anyhow::Result<Self> {
        ensure!(!events.is_empty(), "nothing was recorded");
        Ok(Self { events })
    }

    /// The events, in order.
    pub fn events(&self) -> &[Vec<u8>] {
        &self.events
    }

    /// What [`Recording::read`] reads: a length and so many bytes, for each.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for event in &self.events {
            bytes.extend_from_slice(&(event.len() as u64).to_be_bytes());
            bytes.extend_from_slice(event);
        }
        bytes
    }

    /// Reads to the end of `input`.
    pub fn read(mut input: impl Read) -> anyhow::Result<Self> {
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes)?;
        let (mut rest, mut events) = (bytes.as_slice(), Vec::new());
        while let Some((length, tail)) = rest.split_first_chunk() {
            let length = usize::try_from(u64::from_be_bytes(*length))?;
            let (event, tail) =
                tail.split_at_checked(length).context("a recording that was cut")?;
            events.push(event.to_vec());
            rest = tail;
        }
        Self::new(events)
    }
}

/// An event as a chunk of an HTTP/1.1 body.
pub fn chunk(event: &[u8]) -> Vec<u8> {
    let mut chunk = Vec::with_capacity(event.len() + 12);
    // Writing to a vector cannot fail.
    let _ = write!(chunk, "{:X}\r\n", event.len());
    chunk.extend_from_slice(event);
    chunk.extend_from_slice(b"\r\n");
    chunk
}
