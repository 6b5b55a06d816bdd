//! gzip that is never finished: one member header a connection, then deflate blocks for ever.
//!
//! A piece is a run of deflate blocks (RFC 1951) that ends on a byte's border and refers to nothing
//! before itself, so it can follow any other. No trailer is ever sent: behind one, browsers ignore and
//! curl refuses what comes.

use std::cell::RefCell;

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress, Status};

/// Header of the one member of a connection (RFC 1952): deflate, no time, unknown system.
pub const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// A stored block that holds `:\n\n`.
pub const HEARTBEAT: [u8; 8] = [0, 3, 0, !3, !0, b':', b'\n', b'\n'];

/// zlib's own default. A figure of 16 KB takes half a millisecond, once for all.
const LEVEL: u32 = 6;
/// Longest stored block.
const MAX_STORED: usize = 0xffff;
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

fn deflated(deflate: &mut Compress, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len() / 4 + FLUSH_BYTES);
    loop {
        let read = usize::try_from(deflate.total_in()).ok()?;
        let status = deflate.compress_vec(&bytes[read..], &mut out, FlushCompress::Sync).ok()?;
        // A flush is complete when it has left room.
        let is_flushed = out.len() < out.capacity();
        match status {
            _ if is_flushed && deflate.total_in() == bytes.len() as u64 => return Some(out),
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
    blocks.collect()
}

#[cfg(test)]
pub(super) mod tests {
    use flate2::{Decompress, FlushDecompress};

    use super::{HEADER, blocks};

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
    fn a_piece_ends_with_the_empty_stored_block_of_a_flush() {
        assert!(blocks(b"data: {}\n\n").ends_with(&[0, 0, 0xff, 0xff]));
    }

    #[test]
    fn the_same_bytes_are_the_same_piece_whatever_was_compressed_before() {
        let text = "data: {\"close\":226.8}\n\n".repeat(1_000);
        let first = blocks(text.as_bytes());
        assert_ne!(blocks(b"something else"), first);
        assert_eq!(blocks(text.as_bytes()), first);
        assert!(first.len() < text.len() / 20);
    }
}
