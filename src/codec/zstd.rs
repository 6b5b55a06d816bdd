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
//! A [`delta`] is a piece that refers to the bytes sent last, its base. A figure of which one bar has changed costs
//! about eighty bytes so, 31 of them the reset. It suits every connection that was sent the base last, in whatever
//! piece: the history of a connection is what its pieces decode to.

use std::cell::RefCell;

use bytes::Bytes;
use zstd::zstd_safe::{CCtx, CParameter, compress_bound};

/// The header of the one frame of a connection: magic number, a descriptor that promises nothing, and
/// the window.
pub const PREAMBLE: [u8; 6] = [MAGIC[0], MAGIC[1], MAGIC[2], MAGIC[3], 0, (WINDOW_LOG - 10) << 3];

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
/// Level of deltas. Higher ones take half as long again and save a few bytes.
const DELTA_LEVEL: i32 = 1;
/// Window of a connection as a power of two: no distance is longer. Browsers refuse more than 2^23.
const WINDOW_LOG: u8 = 21;
/// Longest block, in a window that is not shorter.
const MAX_BLOCK: usize = 1 << 17;
/// Where a frame is written so that a reset takes the place of its header.
const FRAME_START: usize = RESET.len() - PREAMBLE.len();

thread_local! {
    static COMPRESSOR: RefCell<Option<CCtx<'static>>> = RefCell::new(compressor(LEVEL));
}

/// A compressor whose frames have no more of a header than a connection's.
fn compressor<'a>(level: i32) -> Option<CCtx<'a>> {
    let mut compressor = CCtx::try_create()?;
    for parameter in [
        CParameter::CompressionLevel(level),
        CParameter::WindowLog(WINDOW_LOG.into()),
        CParameter::ContentSizeFlag(false),
        CParameter::ChecksumFlag(false),
    ] {
        compressor.set_parameter(parameter).ok()?;
    }
    Some(compressor)
}

/// Compresses a piece that stands alone.
#[must_use]
pub fn blocks(bytes: &[u8]) -> Bytes {
    let blocks = COMPRESSOR.with_borrow_mut(|compressor| compressed(compressor.as_mut()?, bytes));
    // Only without memory for a compressor, and its connections still get their events.
    blocks.map_or_else(|| stored(bytes), Bytes::from)
}

/// Compresses a piece for the connections that were sent `base` last; nothing where both together are longer than a
/// window.
#[must_use]
pub fn delta(base: &[u8], bytes: &[u8]) -> Option<Bytes> {
    // The piece begins with a reset, so its text is between the base and what refers to it.
    let history = [base, RESET_TEXT].concat();
    if history.len() + bytes.len() > 1 << WINDOW_LOG {
        return None;
    }
    let mut compressor = compressor(DELTA_LEVEL)?;
    compressor.ref_prefix(&history).ok()?;
    compressed(&mut compressor, bytes).map(Bytes::from)
}

fn compressed(compressor: &mut CCtx<'_>, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut piece = vec![0; FRAME_START + compress_bound(bytes.len())];
    let len = compressor.compress2(&mut piece[FRAME_START..], bytes).ok()?;
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

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use zstd::stream::raw::{Decoder, InBuffer, Operation as _, OutBuffer};

    use super::{END, HEARTBEAT, PREAMBLE, RESET, RESET_TEXT, blocks, delta, stored};

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
    fn a_delta_costs_what_is_new_in_it_and_refers_to_its_base_alone() {
        let [first, second] = [1, 2].map(|version| figure(14_000, version));
        let piece = delta(&first, &second).expect("a delta");
        let alone = blocks(&second).len();
        assert!(piece.len() < 100 && alone > 10 * piece.len(), "{} beside {alone}", piece.len());
        for before in [&b""[..], b"event: status\ndata: {}\n\n"] {
            let body = [&PREAMBLE[..], &stored(before), &blocks(&first), &piece].concat();
            assert_eq!(decoded(&body), [before, &first, &second].concat());
        }
    }

    #[test]
    fn there_is_no_delta_that_reaches_out_of_the_window() {
        let text = figure((1 << 20) + 100, 1);
        let base = &text[..(1 << 20) - RESET_TEXT.len()];
        assert!(delta(base, &text[..1 << 20]).is_some());
        assert!(delta(base, &text[..=1 << 20]).is_none());
    }

    /// What one connection takes of a publication.
    #[derive(Debug, Clone, Copy)]
    enum Take {
        /// The delta if it was sent the base last, else what stands alone.
        Delta,
        Alone,
        Nothing,
        /// Nothing for so long that a heartbeat comes.
        Silence,
        /// Bytes of its own.
        Own(usize),
    }

    fn take() -> impl Strategy<Value = Take> {
        prop_oneof![
            12 => Just(Take::Delta),
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

    /// What a view publishes: pieces that stand alone, deltas, and what both decode to.
    struct Publication {
        text: Vec<u8>,
        alone: bytes::Bytes,
        delta: Option<bytes::Bytes>,
    }

    fn publications(texts: Vec<Vec<u8>>) -> Vec<Publication> {
        let mut base: Option<Vec<u8>> = None;
        let publish = |text: Vec<u8>| {
            let delta = base.as_ref().and_then(|base| delta(base, &text));
            base = Some(text.clone());
            Publication { alone: blocks(&text), delta, text }
        };
        texts.into_iter().map(publish).collect()
    }

    /// Figures, or texts that have little in common.
    fn texts() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let len = prop_oneof![
            3 => 100usize..3_000,
            3 => 14_000usize..40_000,
            1 => 200_000usize..1_100_000
        ];
        let figures = len.prop_map(|len| {
            let count = if len > 100_000 { 12 } else { 60 };
            (0..count).map(|version| figure(len, version)).collect()
        });
        let other = (any::<u8>(), 1usize..60_000, any::<u64>()).prop_map(|(byte, len, seed)| {
            let noise = (0..len.min(500) as u64).map(|n| (seed ^ n).to_be_bytes()[7]);
            noise.chain(std::iter::repeat_n(byte, len)).collect()
        });
        prop_oneof![2 => figures, 1 => proptest::collection::vec(other, 1..12)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn however_a_connection_joins_skips_and_is_silent_two_decoders_read_every_piece_when_it_is_sent(
            texts in texts(),
            connections in proptest::collection::vec(connection(), 1..4),
            cuts in proptest::collection::vec(1usize..5_000, 1..20),
        ) {
            let publications = publications(texts);
            for (joins, takes) in connections {
                let (mut reader, mut body, mut plain) = (Reader::new(), Vec::new(), Vec::new());
                let mut cuts = cuts.iter().cycle();
                let mut in_step = false;
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
                    let Publication { text, alone, delta } = publication;
                    let had_base = std::mem::replace(&mut in_step, false);
                    match (take, delta) {
                        (Take::Delta, Some(delta)) if had_base => {
                            send(delta, &[RESET_TEXT, text]);
                            in_step = true;
                        }
                        (Take::Delta | Take::Alone, _) => {
                            send(alone, &[RESET_TEXT, text]);
                            in_step = true;
                        }
                        (Take::Nothing, _) => {}
                        (Take::Silence, _) => send(&HEARTBEAT, &[b":\n"]),
                        (Take::Own(len), _) => {
                            send(&stored(&vec![b'x'; len]), &[&vec![b'x'; len]]);
                        }
                    }
                }
                send(&END, &[]);
                prop_assert!(reader.is_ended);
                prop_assert!(decoded_by_another(&body) == plain);
            }
        }
    }
}
