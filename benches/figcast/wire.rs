//! An HTTP/1.1 response in chunks, read at the price of its framing: what chunks hold is passed over.
//!
//! A server of events writes each as one chunk, whatever its coding, so counting chunks counts events.
//! A body without chunks, which ends with the connection, is read as text whose events end with an
//! empty line.

use anyhow::{Context as _, bail, ensure};

/// Longest accepted head of a response.
const MOST_HEAD: usize = 8_192;

/// What a response consists of.
pub enum Part<'a> {
    /// The status line and all headers, in lower case.
    Head(&'a str),
    /// A piece of an event.
    Bytes(&'a [u8]),
    /// The end of an event of so many bytes.
    Event(usize),
}

/// Where in a response a connection is.
pub enum Response {
    Head(Vec<u8>),
    Size(usize),
    Chunk {
        size: usize,
        left: usize,
    },
    /// Left are the CR LF behind a chunk.
    After(usize),
    /// Bytes of an event of text so far, and whether the last one ended a line.
    Text {
        size: usize,
        ended: bool,
    },
    Over,
}

impl Default for Response {
    fn default() -> Self {
        Self::Head(Vec::new())
    }
}

impl Response {
    /// Takes the next bytes, wherever they are cut, and hands on what they are.
    ///
    /// # Errors
    /// When it is no response of chunks with status 200.
    pub fn feed(&mut self, mut bytes: &[u8], mut on: impl FnMut(Part<'_>)) -> anyhow::Result<()> {
        while let Some(&byte) = bytes.first() {
            match self {
                Self::Chunk { size, left } => {
                    let (piece, rest) = bytes.split_at(bytes.len().min(*left));
                    on(Part::Bytes(piece));
                    bytes = rest;
                    *left -= piece.len();
                    if *left == 0 {
                        on(Part::Event(*size));
                        *self = Self::After(2);
                    }
                    continue;
                }
                Self::Text { size, ended } => {
                    text(bytes, size, ended, &mut on);
                    return Ok(());
                }
                Self::Head(head) => {
                    head.push(byte);
                    ensure!(head.len() <= MOST_HEAD, "a head without an end");
                    if head.ends_with(b"\r\n\r\n") {
                        let head = checked(head)?;
                        on(Part::Head(&head));
                        let chunked = head.contains("\r\ntransfer-encoding: chunked\r\n");
                        *self = if chunked {
                            Self::Size(0)
                        } else {
                            Self::Text { size: 0, ended: false }
                        };
                    }
                }
                Self::Size(size) => match byte {
                    b'\n' if *size == 0 => *self = Self::Over,
                    b'\n' => *self = Self::Chunk { size: *size, left: *size },
                    b'\r' => {}
                    _ => {
                        let digit = char::from(byte).to_digit(16).context("no size of a chunk")?;
                        *size = (*size << 4) + digit as usize;
                    }
                },
                Self::After(1) => *self = Self::Size(0),
                Self::After(left) => *left -= 1,
                Self::Over => {}
            }
            bytes = &bytes[1..];
        }
        Ok(())
    }
}

/// Cuts text at its empty lines.
fn text(bytes: &[u8], size: &mut usize, ended: &mut bool, on: &mut impl FnMut(Part<'_>)) {
    let mut from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if *ended && byte == b'\n' {
            on(Part::Bytes(&bytes[from..=at]));
            on(Part::Event(*size + at + 1 - from));
            (from, *size, *ended) = (at + 1, 0, false);
        } else {
            *ended = byte == b'\n';
        }
    }
    on(Part::Bytes(&bytes[from..]));
    *size += bytes.len() - from;
}

fn checked(head: &[u8]) -> anyhow::Result<String> {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let status = head.lines().next().unwrap_or_default();
    if !status.starts_with("http/1.1 200") {
        bail!("answered {status:?}");
    }
    Ok(head)
}
