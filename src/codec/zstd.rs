//! zstd (RFC 8878) in pieces that connections share: one frame per connection, which ends with it.
//!
//! Not every decoder goes on behind the end of a frame, so no piece ends one. A connection begins with
//! the header of a frame, [`PREAMBLE`], and every piece is blocks of that frame, none of them marked as
//! the last. Blocks depend on three things that were before them, and a piece brings its own of each:
//!
//! - the history: a piece that stands alone is the blocks of a frame of its own, which refer to nothing
//!   before themselves;
//! - the entropy tables: for the same reason those blocks repeat no table that they have not set;
//! - the three repeat offsets, which are 1, 4 and 8 at the start of a frame: [`RESET`] makes them so.
//!
//! A [`Chain`] is a run of pieces that share history as video does: it opens with a whole piece, the
//! keyframe, and those after it are compressed against everything before them, so that a figure of which
//! one bar has changed costs about a hundred bytes. A connection can go on in a chain that it has had
//! from its keyframe and without a gap: bytes in between would shift the distances. It leaves the chain
//! at any piece by taking one that stands alone.

use std::cell::RefCell;
use std::io;
use std::ops::RangeInclusive;

use bytes::Bytes;
use zstd::bulk::Compressor;
use zstd::stream::raw::{CParameter, Encoder, InBuffer, Operation as _, OutBuffer};
use zstd::zstd_safe::compress_bound;

/// The header of the one frame of a connection: magic number, a descriptor that promises nothing, and
/// the window of the longest chain.
pub const PREAMBLE: [u8; 6] =
    [MAGIC[0], MAGIC[1], MAGIC[2], MAGIC[3], 0, (MAX_WINDOW_LOG - 10) << 3];

/// An empty last block, which ends the frame of a connection.
pub const END: [u8; 3] = [1, 0, 0];

/// A raw block that holds `:\n`.
pub const HEARTBEAT: [u8; 5] = [2 << 3, 0, 0, b':', b'\n'];

/// What makes the repeat offsets 1, 4 and 8, whatever they were: two compressed blocks that decode to
/// [`RESET_TEXT`]. Matches of three bytes at the distances 8, 4 and 1, each written out and none reaching
/// out of the text, become the newest three offsets. The sequence codes are of the kind that is one byte
/// and no table.
pub const RESET: [u8; 31] = [
    // Compressed, 15 bytes. Literals: 8, raw.
    15 << 3 | 2 << 1,
    0,
    0,
    8 << 3,
    b':',
    b' ',
    b' ',
    b' ',
    b' ',
    b' ',
    b' ',
    b' ',
    // One sequence; codes for 8 literals, a distance of 5 to 12, 3 bytes. The bits 011 choose 8.
    1,
    0b0101_0100,
    8,
    3,
    0,
    0b1011,
    // Compressed, 10 bytes. Literals: 3, raw.
    10 << 3 | 2 << 1,
    0,
    0,
    3 << 3,
    b' ',
    b' ',
    b'\n',
    // Two sequences; codes for 1 literal, a distance of 1 to 4, 3 bytes. 11 chooses 4 and 00 chooses 1.
    2,
    0b0101_0100,
    1,
    2,
    0,
    0b1_1100,
];

/// What a [`RESET`] decodes to, and so what every piece that stands alone begins with: a comment line.
pub const RESET_TEXT: &[u8; 20] = b":       :   :      \n";

const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// zstd's own default.
const LEVEL: i32 = 3;
/// Window of a connection as a power of two: every piece's fits. Browsers refuse more than 2^23.
const MAX_WINDOW_LOG: u8 = 21;
/// Windows of chains as powers of two. Below 2^17 blocks would be shorter than they may be.
const CHAIN_WINDOW_LOGS: RangeInclusive<u32> = 17..=MAX_WINDOW_LOG as u32;
/// Longest block, in a window that is not shorter.
const MAX_BLOCK: usize = 1 << 17;
/// Room for what ends a block.
const FLUSH_BYTES: usize = 32;
/// Where a frame is written so that a reset takes the place of its header.
const FRAME_START: usize = RESET.len() - PREAMBLE.len();

thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = RefCell::new(compressor().ok());
}

fn compressor() -> io::Result<Compressor<'static>> {
    let mut compressor = Compressor::new(LEVEL)?;
    compressor.set_parameter(CParameter::WindowLog(MAX_WINDOW_LOG.into()))?;
    // Without either the header is as long as a connection's.
    compressor.set_parameter(CParameter::ContentSizeFlag(false))?;
    compressor.set_parameter(CParameter::ChecksumFlag(false))?;
    Ok(compressor)
}

/// Compresses a piece that stands alone.
#[must_use]
pub fn blocks(bytes: &[u8]) -> Bytes {
    let blocks = COMPRESSOR.with_borrow_mut(|compressor| compressed(compressor.as_mut()?, bytes));
    // Only without memory for a compressor, and its connections still get their events.
    blocks.map_or_else(|| stored(bytes), Bytes::from)
}

fn compressed(compressor: &mut Compressor<'_>, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut piece = vec![0; FRAME_START + compress_bound(bytes.len())];
    let len = compressor.compress_to_buffer(bytes, &mut piece[FRAME_START..]).ok()?;
    piece.truncate(FRAME_START + len);
    unmark_last(&mut piece[RESET.len()..])?;
    reset_for_header(&mut piece)?;
    piece.shrink_to_fit();
    Some(piece)
}

/// Puts a reset where the header of a frame ends that begins at [`FRAME_START`]; nothing if the header
/// is not of the kind, or promises what a connection does not keep.
fn reset_for_header(piece: &mut [u8]) -> Option<()> {
    let &[ref magic @ .., descriptor, window] = piece.get(FRAME_START..RESET.len())? else {
        return None;
    };
    let is_kept = *magic == MAGIC && descriptor == 0 && window <= PREAMBLE[5];
    is_kept.then(|| piece[..RESET.len()].copy_from_slice(&RESET))
}

/// Takes the mark from the last of some blocks, behind which nothing may be.
fn unmark_last(mut blocks: &mut [u8]) -> Option<()> {
    /// The type of a block that is one byte, repeated.
    const RLE: usize = 1;
    loop {
        let &mut [low, middle, high, ..] = blocks else { return None };
        let header = usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16;
        let len = 3 + if header >> 1 & 3 == RLE { 1 } else { header >> 3 };
        if header & 1 == 1 {
            blocks[0] &= !1;
            return (len == blocks.len()).then_some(());
        }
        blocks = blocks.get_mut(len..)?;
    }
}

/// A piece that holds `bytes` as they are, in raw blocks. They depend on nothing, and change nothing
/// but the history.
#[must_use]
pub fn stored(bytes: &[u8]) -> Bytes {
    let blocks = bytes.chunks(MAX_BLOCK).flat_map(|block| {
        // Three bytes: whether it is the last, its type (0 is raw), its size.
        [&(block.len() << 3).to_le_bytes()[..3], block].concat()
    });
    blocks.collect()
}

/// A run of pieces, each compressed against those before it.
pub struct Chain {
    encoder: Encoder<'static>,
    /// Whether the keyframe was made.
    is_open: bool,
    /// Size of its window.
    window: usize,
}

/// What a compressor keeps besides its window, which it keeps twice: tables and buffers of [`LEVEL`], by
/// the memory of a process with a thousand of them.
const COMPRESSOR_BYTES: usize = 1 << 20;

impl Chain {
    /// A chain of about `pieces` pieces that are about as long as the keyframe, which has `keyframe`
    /// bytes: it remembers them all if that is no more than two megabytes.
    ///
    /// # Errors
    /// Without memory for a compressor.
    pub fn new(keyframe: usize, pieces: usize) -> io::Result<Self> {
        let all = keyframe.saturating_mul(pieces).max(1);
        let (least, most) = CHAIN_WINDOW_LOGS.into_inner();
        let window = all.checked_next_power_of_two().map_or(most, usize::ilog2).clamp(least, most);
        let mut encoder = Encoder::new(LEVEL)?;
        encoder.set_parameter(CParameter::WindowLog(window))?;
        encoder.set_parameter(CParameter::ContentSizeFlag(false))?;
        encoder.set_parameter(CParameter::ChecksumFlag(false))?;
        Ok(Self { encoder, is_open: false, window: 1 << window })
    }

    /// Bytes that the compressor keeps, about.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        2 * self.window + COMPRESSOR_BYTES
    }

    /// Compresses the next piece. A client that has had all pieces before it can read it whole, without
    /// waiting for another.
    ///
    /// # Errors
    /// When the compressor fails; the chain is broken then, and can only be left.
    pub fn push(&mut self, bytes: &[u8]) -> io::Result<Bytes> {
        let skipped = if self.is_open { 0 } else { FRAME_START };
        let mut piece = Vec::with_capacity(skipped + compress_bound(bytes.len()) + FLUSH_BYTES);
        piece.resize(skipped, 0);
        let mut input = InBuffer::around(bytes);
        loop {
            let start = piece.len();
            let mut output = OutBuffer::around_pos(&mut piece, start);
            if input.pos() < bytes.len() {
                self.encoder.run(&mut input, &mut output)?;
            } else if self.encoder.flush(&mut output)? == 0 {
                break;
            }
            piece.reserve(FLUSH_BYTES);
        }
        if !self.is_open {
            reset_for_header(&mut piece).ok_or(io::ErrorKind::InvalidData)?;
            self.is_open = true;
        }
        piece.shrink_to_fit();
        Ok(piece.into())
    }
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chain").field("is_open", &self.is_open).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use zstd::stream::raw::{Decoder, InBuffer, Operation as _, OutBuffer};

    use super::{Chain, END, HEARTBEAT, PREAMBLE, RESET, RESET_TEXT, blocks, stored};

    /// A client that decodes what it gets as far as that goes.
    pub struct Reader {
        decoder: Decoder<'static>,
        pub is_ended: bool,
    }

    impl Reader {
        pub fn new() -> Self {
            Self { decoder: Decoder::new().expect("memory"), is_ended: false }
        }

        pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
            let mut input = InBuffer::around(bytes);
            let (mut out, mut buffer) = (Vec::new(), vec![0; 1 << 17]);
            while !bytes.is_empty() {
                assert!(!self.is_ended, "nothing stands behind the end");
                let mut output = OutBuffer::around(&mut buffer[..]);
                self.is_ended = self.decoder.run(&mut input, &mut output).expect("valid") == 0;
                let written = output.pos();
                out.extend_from_slice(&buffer[..written]);
                if written < buffer.len() && input.pos() == bytes.len() {
                    break;
                }
            }
            out
        }
    }

    /// What a client has of a body so far, but for the resets.
    pub fn decoded(body: &[u8]) -> Vec<u8> {
        without_resets(&Reader::new().push(body))
    }

    fn without_resets(mut text: &[u8]) -> Vec<u8> {
        let mut rest = Vec::with_capacity(text.len());
        let is_reset = |window: &[u8]| window == RESET_TEXT;
        while let Some(at) = text.windows(RESET_TEXT.len()).position(is_reset) {
            rest.extend_from_slice(&text[..at]);
            text = &text[at + RESET_TEXT.len()..];
        }
        rest.extend_from_slice(text);
        rest
    }

    /// What a second decoder makes of a whole body. It keeps a window to itself until the end.
    fn decoded_by_another(mut body: &[u8]) -> Vec<u8> {
        let mut decoder = ruzstd::decoding::FrameDecoder::new();
        let strategy = ruzstd::decoding::BlockDecodingStrategy::All;
        decoder.init(&mut body).expect("a header");
        decoder.decode_blocks(&mut body, strategy).expect("valid");
        assert!(decoder.is_finished() && body.is_empty(), "one frame, and nothing behind it");
        decoder.collect().expect("all of it")
    }

    /// A figure of about `len` bytes, of which version `version` differs in its last bars.
    fn figure(len: usize, version: u64) -> Vec<u8> {
        let row = |n: usize| {
            let last = n + 2 > len / 24;
            let price =
                20_000 + (n * 7_919 % 1_009) as u64 + if last { version * 37 % 91 } else { 0 };
            format!("\"2026-11-26T{:02}:{:02}\",{price}", n / 60 % 24, n % 60)
        };
        let rows: Vec<_> = (0..len / 24).map(row).collect();
        format!("id: e-{version}\ndata: [{}]\n\n", rows.join(",")).into_bytes()
    }

    #[test]
    fn a_reset_decodes_to_a_comment_line_whatever_was_before_it() {
        let mut body = PREAMBLE.to_vec();
        for before in [&b""[..], b"abc", b":       :  : "] {
            body.extend_from_slice(&stored(before));
            body.extend_from_slice(&RESET);
        }
        body.extend_from_slice(&END);
        let text =
            [&b""[..], RESET_TEXT, b"abc", RESET_TEXT, b":       :  : ", RESET_TEXT].concat();
        assert_eq!(Reader::new().push(&body), text);
        assert_eq!(decoded_by_another(&body), text);
        let lines: Vec<_> = RESET_TEXT.split(|byte| *byte == b'\n').collect();
        assert!(matches!(lines[..], [[b':', ..], []]), "one line, and a comment");
    }

    #[test]
    fn a_piece_that_stands_alone_is_a_reset_and_the_blocks_of_a_frame_of_its_own() {
        for len in [1, 300, 14_000, 131_072, 131_073, 400_000, 5_000_000] {
            let text = figure(len, 1);
            let piece = blocks(&text);
            let own = piece.strip_prefix(&RESET[..]).expect("a reset");
            // Nothing before: a decoder refuses what reaches out of a frame.
            let frame = [&PREAMBLE[..], own, &END].concat();
            assert_eq!(Reader::new().push(&frame), text);
            assert!(piece.len() < RESET.len() + text.len() / 2 + 64, "{} of {len}", piece.len());
        }
    }

    #[test]
    fn what_cannot_be_compressed_is_read_as_well() {
        let mut state = 1u64;
        let noise: Vec<u8> = (0..300_000)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_le_bytes()[3]
            })
            .collect();
        let even = vec![7; 300_000];
        let body = [&PREAMBLE[..], &blocks(&noise), &stored(&noise), &blocks(&even), &END].concat();
        let text = [&noise[..], &noise, &even].concat();
        assert_eq!(decoded(&body), text);
        assert_eq!(without_resets(&decoded_by_another(&body)), text);
    }

    #[test]
    fn a_piece_costs_what_is_new_in_it() {
        let mut chain = Chain::new(14_000, 30).expect("memory");
        let mut len = |version| chain.push(&figure(14_000, version)).expect("pushed").len();
        let (first, second) = (len(1), len(2));
        assert!(second < 60 && first > 10 * second, "{first} and then {second} bytes");
    }

    /// What one connection takes of a publication.
    #[derive(Debug, Clone, Copy)]
    enum Take {
        /// The chain's piece if it can have it, else what stands alone.
        Chain,
        Alone,
        Nothing,
        /// Nothing for so long that a heartbeat comes.
        Silence,
        /// Bytes of its own.
        Own(usize),
    }

    fn take() -> impl Strategy<Value = Take> {
        prop_oneof![
            12 => Just(Take::Chain),
            2 => Just(Take::Alone),
            1 => Just(Take::Nothing),
            1 => Just(Take::Silence),
            1 => (1usize..200_000).prop_map(Take::Own),
        ]
    }

    /// A connection that joins a view late, and what it takes of each publication.
    fn connection() -> impl Strategy<Value = (usize, Vec<Take>)> {
        (0usize..20, proptest::collection::vec(take(), 60))
    }

    /// What a view publishes: pieces that stand alone, those of its chains, and what both decode to.
    struct Publication {
        text: Vec<u8>,
        alone: bytes::Bytes,
        link: bytes::Bytes,
        /// Number of the chain and position in it.
        stands: (usize, usize),
    }

    fn publications(len: usize, per_chain: usize, count: usize) -> Vec<Publication> {
        let mut chain = Chain::new(len, per_chain).expect("memory");
        let publish = |n: usize| {
            if n.is_multiple_of(per_chain) {
                chain = Chain::new(len, per_chain).expect("memory");
            }
            let text = figure(len, n as u64 + 1);
            let (alone, link) = (blocks(&text), chain.push(&text).expect("pushed"));
            Publication { text, alone, link, stands: (n / per_chain, n % per_chain) }
        };
        (0..count).map(publish).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn however_a_connection_joins_skips_is_silent_and_leaves_two_decoders_read_every_piece_when_it_is_sent(
            len in prop_oneof![3 => 100usize..3_000, 3 => 14_000usize..40_000, 1 => 200_000usize..500_000],
            per_chain in 1usize..40,
            connections in proptest::collection::vec(connection(), 1..4),
            cuts in proptest::collection::vec(1usize..5_000, 1..20),
        ) {
            let count = if len > 100_000 { 12 } else { 60 };
            let publications = publications(len, per_chain, count);
            for (joins, takes) in connections {
                let (mut reader, mut body, mut plain) = (Reader::new(), Vec::new(), Vec::new());
                let mut cuts = cuts.iter().cycle();
                let mut had = None;
                let mut send = |piece: &[u8], text: &[&[u8]]| {
                    let (mut rest, mut read) = (piece, Vec::new());
                    while !rest.is_empty() {
                        let cut = rest.len().min(*cuts.next().expect("a cycle"));
                        read.extend(reader.push(&rest[..cut]));
                        rest = &rest[cut..];
                    }
                    assert!(read == text.concat(), "not the piece, and no later than the piece");
                    body.extend_from_slice(piece);
                    plain.extend(read);
                };
                send(&PREAMBLE, &[]);
                send(&stored(b"retry: 2000\n"), &[b"retry: 2000\n"]);
                for (publication, take) in publications.iter().skip(joins).zip(takes) {
                    let Publication { text, alone, link, stands: (chain, index) } = publication;
                    let goes_on = had == Some((*chain, index.wrapping_sub(1)));
                    had = None;
                    match take {
                        Take::Chain if goes_on => {
                            send(link, &[text]);
                            had = Some((*chain, *index));
                        }
                        Take::Chain if *index == 0 => {
                            send(link, &[RESET_TEXT, text]);
                            had = Some((*chain, 0));
                        }
                        Take::Chain | Take::Alone => send(alone, &[RESET_TEXT, text]),
                        Take::Nothing => {}
                        Take::Silence => send(&HEARTBEAT, &[b":\n"]),
                        Take::Own(len) => send(&stored(&vec![b'x'; len]), &[&vec![b'x'; len]]),
                    }
                }
                send(&END, &[]);
                prop_assert!(reader.is_ended);
                prop_assert!(decoded_by_another(&body) == plain);
            }
        }

        #[test]
        fn every_piece_of_a_chain_can_be_read_when_it_is_sent(
            pieces in proptest::collection::vec((any::<u8>(), 1usize..60_000, any::<u64>()), 1..12),
        ) {
            let pieces: Vec<Vec<u8>> = pieces.into_iter().map(|(byte, len, seed)| {
                let noise = (0..len.min(500) as u64).map(|n| (seed ^ n).to_be_bytes()[7]);
                noise.chain(std::iter::repeat_n(byte, len)).collect()
            }).collect();
            let mut chain = Chain::new(pieces[0].len(), 30).expect("memory");
            let mut reader = Reader::new();
            reader.push(&PREAMBLE);
            for (index, piece) in pieces.iter().enumerate() {
                let read = reader.push(&chain.push(piece).expect("pushed"));
                let reset = if index == 0 { &RESET_TEXT[..] } else { b"" };
                prop_assert_eq!(read, [reset, piece].concat());
            }
        }
    }
}
