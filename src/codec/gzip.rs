//! gzip in pieces that connections share: one member per connection, which ends with it.
//!
//! A piece is a run of deflate blocks (RFC 1951) that refers to nothing before itself, so it can follow
//! any other; or, of a [`delta`], to the bytes sent last alone. It ends with an empty stored block: that brings it to a byte's border, and decoders that
//! collect (Go's, and so Caddy's) hand out what they have when they meet one. The member ends with the
//! connection and not before: behind a trailer browsers ignore and curl refuses what comes.
//!
//! The trailer is a checksum of all that one connection was sent. It is folded from the [`Sum`] of each
//! piece, which is computed once for all connections.

use std::cell::RefCell;

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress, Status};
use zlib_rs::crc32::{crc32, crc32_combine_gen, crc32_combine_op};

/// Header of the one member of a connection (RFC 1952): deflate, no time, unknown system.
pub const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// A stored block that holds `:\n`, and an empty one.
pub const HEARTBEAT: [u8; 12] = [0, 2, 0, !2, !0, b':', b'\n', 0, 0, 0, !0, !0];

/// The empty stored block at the end of every piece.
const FLUSH: [u8; 5] = [0, 0, 0, !0, !0];
/// An empty last block, with fixed codes because that is shortest.
const LAST: [u8; 2] = [3, 0];

/// zlib's own default. A figure of 16 KB takes half a millisecond, once for all.
const LEVEL: u32 = 6;
/// Longest stored block.
const MAX_STORED: usize = 0xffff;
/// Longest base of a [`delta`]: with what has changed before it, every place of the base is within deflate's
/// distances of at most 32,768 less 262 bytes.
const MAX_BASE: usize = 32_000;
/// Room for the flush at the end of a piece.
const FLUSH_BYTES: usize = 16;

thread_local! {
    // A quarter of a megabyte, which is better kept for a thread than for a view.
    static DEFLATE: RefCell<Compress> = RefCell::new(Compress::new(Compression::new(LEVEL), false));
}

/// Compresses a piece.
#[must_use]
pub fn blocks(bytes: &[u8]) -> Bytes {
    let deflated = DEFLATE.with_borrow_mut(|deflate| {
        deflate.reset();
        deflated(deflate, bytes)
    });
    // Only a broken compressor gets here, and its connections still get their events.
    deflated.map_or_else(|| stored(bytes), Bytes::from)
}

/// Compresses a piece for the connections that were sent `base` last, in a twelfth of the bytes for a figure of which
/// one bar has changed; nothing where the base is longer than deflate reaches back.
#[must_use]
pub fn delta(base: &[u8], bytes: &[u8]) -> Option<Bytes> {
    if base.len() > MAX_BASE {
        return None;
    }
    DEFLATE.with_borrow_mut(|deflate| {
        deflate.reset();
        deflate.set_dictionary(base).ok()?;
        deflated(deflate, bytes).map(Bytes::from)
    })
}

fn deflated(deflate: &mut Compress, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len() / 4 + FLUSH_BYTES);
    loop {
        let read = usize::try_from(deflate.total_in()).ok()?;
        let status = deflate.compress_vec(&bytes[read..], &mut out, FlushCompress::Sync).ok()?;
        // A flush is complete when it has left room.
        let is_flushed = out.len() < out.capacity();
        match status {
            _ if is_flushed && deflate.total_in() == bytes.len() as u64 => {
                out.shrink_to_fit();
                return Some(out);
            }
            Status::Ok | Status::BufError => out.reserve(bytes.len() / 4 + FLUSH_BYTES),
            Status::StreamEnd => return None,
        }
    }
}

/// A piece that holds `bytes` as they are.
#[must_use]
pub fn stored(bytes: &[u8]) -> Bytes {
    let blocks = bytes.chunks(MAX_STORED).flat_map(|chunk| {
        // No chunk is longer than what two bytes can say.
        let [low, high] = u16::try_from(chunk.len()).unwrap_or(u16::MAX).to_le_bytes();
        [&[0, low, high, !low, !high][..], chunk].concat()
    });
    blocks.chain(FLUSH).collect()
}

/// What a trailer needs to know of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    crc: u32,
    len: u32,
    /// What a CRC is multiplied by when so many bytes follow: found once, used by every connection.
    shift: u32,
}

impl Sum {
    /// Of a [`HEARTBEAT`].
    pub const HEARTBEAT: Self = Self { crc: 0x84a5_2598, len: 2, shift: crc32_combine_gen(2) };

    /// Of a piece that holds `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let len = bytes.len() as u64;
        // The trailer counts modulo 2^32.
        let low = u32::try_from(len & u64::from(u32::MAX)).unwrap_or(u32::MAX);
        Self { crc: crc32(0, bytes), len: low, shift: crc32_combine_gen(len) }
    }
}

/// The trailer of a connection (RFC 1952): CRC-32 and length of all that it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trailer {
    crc: u32,
    len: u32,
}

impl Trailer {
    /// Takes account of a piece that is sent.
    pub const fn add(&mut self, piece: &Sum) {
        self.crc = crc32_combine_op(self.crc, piece.crc, piece.shift);
        self.len = self.len.wrapping_add(piece.len);
    }

    /// What ends the connection's member.
    #[must_use]
    pub fn end(&self) -> Bytes {
        [&LAST[..], &self.crc.to_le_bytes(), &self.len.to_le_bytes()].concat().into()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use flate2::{Decompress, FlushDecompress};

    use super::{HEADER, HEARTBEAT, MAX_BASE, Sum, blocks, delta, stored};

    /// What a client has of a body so far.
    pub fn inflated(body: &[u8]) -> Vec<u8> {
        let body = body.strip_prefix(&HEADER[..]).expect("one header");
        let mut inflate = Decompress::new(false);
        let mut out = Vec::with_capacity(1 << 16);
        while usize::try_from(inflate.total_in()).expect("small") < body.len() {
            let read = usize::try_from(inflate.total_in()).expect("small");
            inflate.decompress_vec(&body[read..], &mut out, FlushDecompress::Sync).expect("valid");
            out.reserve(1 << 16);
        }
        // The rest of what was read.
        inflate.decompress_vec(&[], &mut out, FlushDecompress::Sync).ok();
        out
    }

    #[test]
    fn the_sum_of_a_heartbeat_is_that_of_its_line() {
        assert_eq!(Sum::HEARTBEAT, Sum::of(b":\n"));
        assert_eq!(HEARTBEAT, stored(b":\n")[..]);
    }

    #[test]
    fn a_piece_ends_with_the_empty_stored_block_of_a_flush() {
        for piece in [blocks(b"data: {}\n\n"), stored(b"retry: 2000\n"), stored(&vec![7; 70_000])] {
            assert!(
                piece.ends_with(&[0, 0, 0xff, 0xff]),
                "Go's decoder hands out what it has there"
            );
        }
    }

    #[test]
    fn the_same_bytes_are_the_same_piece_whatever_was_compressed_before() {
        let text = "data: {\"close\":226.8}\n\n".repeat(1_000);
        let first = blocks(text.as_bytes());
        assert_ne!(blocks(b"something else"), first);
        assert_eq!(blocks(text.as_bytes()), first);
        assert!(first.len() < text.len() / 20);
    }

    /// A text of about `len` bytes, of which version `version` differs at its end.
    fn text(len: usize, version: usize) -> Vec<u8> {
        let rows: Vec<_> =
            (0..len / 12).map(|n| format!("{n:>5},{:>5};", n * 7_919 % 10_007)).collect();
        let rows = rows.concat();
        format!("data: {rows}{version}\n\n").into_bytes()
    }

    #[test]
    fn a_delta_costs_what_is_new_in_it_and_refers_to_its_base_alone() {
        for len in [300, 14_000, MAX_BASE - 100] {
            let [first, second] = [1, 2].map(|version| text(len, version));
            let piece = delta(&first, &second).expect("a delta");
            let alone = blocks(&second).len();
            assert!(piece.len() < 60 + alone / 12, "{} beside {alone}", piece.len());
            for before in [&b""[..], b"event: status\ndata: {}\n\n"] {
                let body = [&HEADER[..], &stored(before), &blocks(&first), &piece].concat();
                assert_eq!(inflated(&body), [before, &first, &second].concat());
            }
        }
        assert!(delta(&text(MAX_BASE + 100, 1), b"data: {}\n\n").is_none(), "out of reach");
    }
}
