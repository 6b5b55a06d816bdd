//! zstd (RFC 8878) as for video: groups of pictures beside frames that stand alone.
//!
//! A body is any number of frames, one after the other. A piece that stands alone is a frame of its
//! own. A [`Group`] is one frame that many pieces share: it opens with a whole piece, and those after
//! it are compressed against everything before them, so that a figure of which one bar has changed
//! costs a few hundred bytes. All who have had a group from its start can go on in it. It is left, at
//! any piece, by [`CUT`].

use std::cell::RefCell;
use std::io;

use bytes::Bytes;
use zstd::bulk::Compressor;
use zstd::stream::raw::{CParameter, Encoder, InBuffer, Operation as _, OutBuffer};
use zstd::zstd_safe::compress_bound;

/// An empty last block, which ends the frame of a group.
pub const CUT: [u8; 3] = [1, 0, 0];

/// A frame that holds `:\n\n` in one raw block.
pub const HEARTBEAT: [u8; 12] =
    [0x28, 0xb5, 0x2f, 0xfd, 0x20, 3, 3 << 3 | 1, 0, 0, b':', b'\n', b'\n'];

/// [`CUT`], and then [`HEARTBEAT`].
pub const CUT_HEARTBEAT: [u8; 15] =
    [1, 0, 0, 0x28, 0xb5, 0x2f, 0xfd, 0x20, 3, 3 << 3 | 1, 0, 0, b':', b'\n', b'\n'];

/// zstd's own default.
const LEVEL: i32 = 3;
/// Smallest and largest window of a frame as powers of two. Browsers refuse more than 2^23.
const WINDOW: std::ops::RangeInclusive<u32> = 17..=21;
/// Magic number, a descriptor that promises nothing, and a window of 2^21 bytes.
const STORED_HEADER: [u8; 6] = [0x28, 0xb5, 0x2f, 0xfd, 0, (21 - 10) << 3];
/// Longest raw block.
const MAX_BLOCK: usize = 1 << 17;
/// Room for the header of a frame and what ends a block.
const FLUSH_BYTES: usize = 32;

thread_local! {
    static FRAMES: RefCell<Option<Compressor<'static>>> = RefCell::new(compressor().ok());
}

fn compressor() -> io::Result<Compressor<'static>> {
    let mut compressor = Compressor::new(LEVEL)?;
    compressor.set_parameter(CParameter::WindowLog(*WINDOW.end()))?;
    Ok(compressor)
}

/// Compresses a piece that stands alone.
#[must_use]
pub fn frame(bytes: &[u8]) -> Bytes {
    let framed = FRAMES.with_borrow_mut(|frames| frames.as_mut()?.compress(bytes).ok());
    // Only without memory for a compressor, and its connections still get their events.
    framed.map_or_else(|| stored(bytes), Bytes::from)
}

/// A piece that stands alone and holds `bytes` as they are.
#[must_use]
pub fn stored(bytes: &[u8]) -> Bytes {
    let mut frame = STORED_HEADER.to_vec();
    let last = bytes.len().saturating_sub(1) / MAX_BLOCK;
    for (index, block) in bytes.chunks(MAX_BLOCK).enumerate() {
        let is_last = usize::from(index == last);
        // Three bytes: whether it is the last, its type (0 is raw), its size.
        frame.extend_from_slice(&(block.len() << 3 | is_last).to_le_bytes()[..3]);
        frame.extend_from_slice(block);
    }
    if bytes.is_empty() {
        frame.extend_from_slice(&CUT);
    }
    frame.into()
}

/// A frame under way, whose pieces are compressed against those before them.
pub struct Group {
    encoder: Encoder<'static>,
}

impl Group {
    /// A group of about `pieces` pieces that are about as long as the first one, which has `first`
    /// bytes: it remembers them all if that is no more than two megabytes.
    ///
    /// # Errors
    /// Without memory for a compressor.
    pub fn new(first: usize, pieces: usize) -> io::Result<Self> {
        let all = first.saturating_mul(pieces).max(1);
        let window = all.next_power_of_two().ilog2().clamp(*WINDOW.start(), *WINDOW.end());
        let mut encoder = Encoder::new(LEVEL)?;
        encoder.set_parameter(CParameter::WindowLog(window))?;
        encoder.set_parameter(CParameter::ContentSizeFlag(false))?;
        encoder.set_parameter(CParameter::ChecksumFlag(false))?;
        Ok(Self { encoder })
    }

    /// Compresses the next piece behind `prefix`. A client that has had all pieces before it can read
    /// it whole, without waiting for another.
    ///
    /// # Errors
    /// When the compressor fails; the group is broken then, and can only be cut.
    pub fn push(&mut self, prefix: &[u8], bytes: &[u8]) -> io::Result<Bytes> {
        let mut piece =
            Vec::with_capacity(prefix.len() + compress_bound(bytes.len()) + FLUSH_BYTES);
        piece.extend_from_slice(prefix);
        let mut input = InBuffer::around(bytes);
        loop {
            let start = piece.len();
            let mut output = OutBuffer::around_pos(&mut piece, start);
            if input.pos() < bytes.len() {
                self.encoder.run(&mut input, &mut output)?;
            } else if self.encoder.flush(&mut output)? == 0 {
                piece.shrink_to_fit();
                return Ok(piece.into());
            }
            piece.reserve(FLUSH_BYTES);
        }
    }
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Group").finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use zstd::stream::raw::{Decoder, InBuffer, Operation as _, OutBuffer};

    use super::{CUT, CUT_HEARTBEAT, Group, HEARTBEAT, frame, stored};

    /// What a client has of a body so far.
    pub fn decoded(body: &[u8]) -> Vec<u8> {
        let mut decoder = Decoder::new().expect("memory");
        let mut input = InBuffer::around(body);
        let mut out = Vec::new();
        let mut buffer = vec![0; 1 << 17];
        loop {
            let mut output = OutBuffer::around(&mut buffer[..]);
            decoder.run(&mut input, &mut output).expect("valid");
            let written = output.pos();
            out.extend_from_slice(&buffer[..written]);
            if written < buffer.len() && input.pos() == body.len() {
                return out;
            }
        }
    }

    #[test]
    fn a_group_can_be_cut_after_any_piece_and_followed_by_anything() {
        for pieces in 1..5 {
            let mut group = Group::new(6, 30).expect("memory");
            let mut body = [stored(b"a"), frame(b"b")].concat();
            for _ in 0..pieces {
                body.extend_from_slice(&group.push(&[], b"piece\n").expect("pushed"));
            }
            body.extend_from_slice(&CUT_HEARTBEAT);
            body.extend_from_slice(&frame(b"c"));
            assert_eq!(decoded(&body), format!("ab{}:\n\nc", "piece\n".repeat(pieces)).as_bytes());
        }
        assert_eq!([&CUT[..], &HEARTBEAT].concat(), CUT_HEARTBEAT);
    }

    #[test]
    fn a_piece_costs_what_is_new_in_it() {
        let text = |last: usize| {
            let rows = (0..390).map(|n| (22_000 + n * 7_919 % 1_009).to_string());
            let rows = rows.collect::<Vec<_>>().join(",");
            format!("id: e-{last}\ndata: [{rows},{last}]\n\n")
        };
        let mut group = Group::new(text(1).len(), 30).expect("memory");
        let first = group.push(&[], text(1).as_bytes()).expect("pushed").len();
        let second = group.push(&[], text(2).as_bytes()).expect("pushed").len();
        assert!(second < 60 && first > 10 * second, "{first} and then {second} bytes");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_piece_of_a_group_can_be_read_when_it_is_sent(
            pieces in proptest::collection::vec((any::<u8>(), 1usize..60_000, any::<u64>()), 1..12),
        ) {
            let pieces: Vec<Vec<u8>> = pieces.into_iter().map(|(byte, len, seed)| {
                let noise = (0..len.min(500) as u64).map(|n| (seed ^ n).to_be_bytes()[7]);
                noise.chain(std::iter::repeat_n(byte, len)).collect()
            }).collect();
            let mut group = Group::new(pieces[0].len(), 30).expect("memory");
            let (mut body, mut plain) = (Vec::new(), Vec::new());
            for piece in &pieces {
                body.extend_from_slice(&group.push(&[], piece).expect("pushed"));
                plain.extend_from_slice(piece);
                prop_assert_eq!(decoded(&body), &plain[..]);
            }
        }
    }
}
