//! Content codings in pieces that can be shared: every piece is compressed once and means the same on
//! any connection of its coding.
//!
//! | coding | a connection begins with | a piece | a clean end |
//! |---|---|---|---|
//! | identity | nothing | the bytes | nothing |
//! | [`gzip`] | the header of a member | deflate blocks that refer to nothing before them | a last block, and a trailer folded from the pieces' sums |
//! | [`zstd`] | the header of a frame | blocks that depend on nothing before them | a last block |
//!
//! Both have a second kind of piece, the delta: blocks that refer to the text before theirs, their base. Its bytes
//! mean the same on every connection that was sent the base last.
//!
//! One member or frame per connection, because some decoders stop at the end of the first, and others
//! when it stands in one chunk with the next. This module knows bytes and nothing of events or charts.

pub mod gzip;
pub mod zstd;

use std::sync::OnceLock;

use bytes::Bytes;

/// A coding that a body can be sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Coding {
    /// As it is.
    #[default]
    Identity,
    /// [`gzip`].
    Gzip,
    /// [`zstd`].
    Zstd,
}

impl Coding {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Identity, Self::Gzip, Self::Zstd];

    /// Those that compress.
    pub const COMPRESSING: [Self; 2] = [Self::Gzip, Self::Zstd];

    /// Its name in `Accept-Encoding` and `Content-Encoding`.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// The name of its deltas in metrics.
    #[must_use]
    pub const fn delta_token(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip_delta",
            Self::Zstd => "zstd_delta",
        }
    }

    /// What a connection of this coding begins with, before any piece.
    const fn preamble(self) -> &'static [u8] {
        match self {
            Self::Identity => &[],
            Self::Gzip => &gzip::HEADER,
            Self::Zstd => &zstd::PREAMBLE,
        }
    }
}

/// Coded bytes that can follow any other piece of their coding; or, of a delta, its base. Cloning shares the bytes.
#[derive(Debug, Clone)]
pub struct Piece {
    /// What is sent.
    pub bytes: Bytes,
    /// What the trailer of gzip needs to know of it.
    sum: Option<gzip::Sum>,
}

impl Piece {
    /// A piece of identity or zstd, which need to know nothing more.
    #[must_use]
    pub const fn of(bytes: Bytes) -> Self {
        Self { bytes, sum: None }
    }

    /// Compressed, for all who want it.
    fn compressed(coding: Coding, plain: &Bytes) -> Self {
        match coding {
            Coding::Identity => Self::of(plain.clone()),
            Coding::Gzip => Self { bytes: gzip::blocks(plain), sum: Some(gzip::Sum::of(plain)) },
            Coding::Zstd => Self::of(zstd::blocks(plain)),
        }
    }

    /// Compressed, for those that were sent `base` last; nothing where the coding does not reach over both.
    fn delta(coding: Coding, base: &[u8], plain: &Bytes) -> Option<Self> {
        Some(match coding {
            Coding::Identity => return None,
            Coding::Gzip => {
                Self { bytes: gzip::delta(base, plain)?, sum: Some(gzip::Sum::of(plain)) }
            }
            Coding::Zstd => Self::of(zstd::delta(base, plain)?),
        })
    }

    /// Uncompressed, for the few that are one connection's alone.
    fn stored(coding: Coding, plain: Bytes) -> Self {
        match coding {
            Coding::Identity => Self::of(plain),
            Coding::Gzip => Self { bytes: gzip::stored(&plain), sum: Some(gzip::Sum::of(&plain)) },
            Coding::Zstd => Self::of(zstd::stored(&plain)),
        }
    }

    /// The comment line `:`, which every reader passes over; a blank line behind it would be an empty
    /// message to some. Static: it costs no allocation.
    const fn heartbeat(coding: Coding) -> Self {
        match coding {
            Coding::Identity => Self::of(Bytes::from_static(b":\n")),
            Coding::Gzip => Self {
                bytes: Bytes::from_static(&gzip::HEARTBEAT),
                sum: Some(gzip::Sum::HEARTBEAT),
            },
            Coding::Zstd => Self::of(Bytes::from_static(&zstd::HEARTBEAT)),
        }
    }
}

/// Plain bytes, and the pieces that they are in every coding that somebody wants.
#[derive(Debug, Default)]
pub struct Coded {
    plain: Bytes,
    gzip: Compressed,
    zstd: Compressed,
}

/// The pieces of one coding.
#[derive(Debug, Default)]
struct Compressed {
    alone: OnceLock<Piece>,
    delta: OnceLock<Piece>,
}

impl Coded {
    /// Bytes that are in no coding but identity yet.
    #[must_use]
    pub fn new(plain: Bytes) -> Self {
        Self { plain, ..Self::default() }
    }

    /// The bytes as they are.
    #[must_use]
    pub const fn plain(&self) -> &Bytes {
        &self.plain
    }

    /// The piece that stands alone in a coding, if it [was made](Self::fill).
    #[must_use]
    pub fn get(&self, coding: Coding) -> Option<Piece> {
        match self.compressed(coding) {
            None => Some(Piece::of(self.plain.clone())),
            Some(compressed) => compressed.alone.get().cloned(),
        }
    }

    /// The delta in a coding, if it [was made](Self::fill_delta).
    #[must_use]
    pub fn delta(&self, coding: Coding) -> Option<Piece> {
        self.compressed(coding)?.delta.get().cloned()
    }

    /// Bytes that it keeps in all codings.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let coded =
            [&self.gzip, &self.zstd].into_iter().flat_map(|p| [p.alone.get(), p.delta.get()]);
        self.plain.len() + coded.flatten().map(|piece| piece.bytes.len()).sum::<usize>()
    }

    /// Compresses the piece that stands alone, if that has not been done; whether it had to be.
    pub fn fill(&self, coding: Coding) -> bool {
        let Some(compressed) = self.compressed(coding) else { return false };
        let mut made = false;
        compressed.alone.get_or_init(|| {
            made = true;
            Piece::compressed(coding, &self.plain)
        });
        made
    }

    /// Compresses the delta to `base`; whether there is one.
    pub fn fill_delta(&self, coding: Coding, base: &[u8]) -> bool {
        let piece = Piece::delta(coding, base, &self.plain);
        self.compressed(coding)
            .zip(piece)
            .is_some_and(|(compressed, piece)| compressed.delta.set(piece).is_ok())
    }

    const fn compressed(&self, coding: Coding) -> Option<&Compressed> {
        match coding {
            Coding::Identity => None,
            Coding::Gzip => Some(&self.gzip),
            Coding::Zstd => Some(&self.zstd),
        }
    }
}

/// A body that is whole and stands alone.
#[must_use]
pub fn whole(coding: Coding, plain: &Bytes) -> Bytes {
    let piece = match coding {
        Coding::Identity => return plain.clone(),
        Coding::Gzip => Piece::compressed(coding, plain),
        // A piece of zstd begins with a comment of events. Only a broken compressor has none to give.
        Coding::Zstd => match ::zstd::bulk::compress(plain, ::zstd::DEFAULT_COMPRESSION_LEVEL) {
            Ok(frame) => return frame.into(),
            Err(_) => Piece::stored(coding, plain.clone()),
        },
    };
    let mut body = CodedBody::new(coding);
    let piece = body.share(piece);
    let end = body.end().unwrap_or_default();
    [coding.preamble(), &piece, &end].concat().into()
}

/// The body of one connection, put together from pieces.
#[derive(Debug)]
pub struct CodedBody {
    coding: Coding,
    /// Of gzip.
    trailer: gzip::Trailer,
    is_ended: bool,
}

impl CodedBody {
    /// An empty body.
    #[must_use]
    pub fn new(coding: Coding) -> Self {
        Self { coding, trailer: gzip::Trailer::default(), is_ended: false }
    }

    /// The first bytes of the body, which hold `plain` uncompressed.
    pub fn begin(&mut self, plain: Bytes) -> Bytes {
        [self.coding.preamble(), &self.own(plain)].concat().into()
    }

    /// Bytes of this connection alone.
    pub fn own(&mut self, plain: Bytes) -> Bytes {
        self.share(Piece::stored(self.coding, plain))
    }

    /// A piece that others get too.
    pub fn share(&mut self, piece: Piece) -> Bytes {
        if let Some(sum) = &piece.sum {
            self.trailer.add(sum);
        }
        piece.bytes
    }

    /// What breaks a silence.
    pub fn heartbeat(&mut self) -> Bytes {
        self.share(Piece::heartbeat(self.coding))
    }

    /// What makes the end of the body a clean one, once; nothing where the coding has no end.
    pub fn end(&mut self) -> Option<Bytes> {
        if std::mem::replace(&mut self.is_ended, true) {
            return None;
        }
        match self.coding {
            Coding::Identity => None,
            Coding::Gzip => Some(self.trailer.end()),
            Coding::Zstd => Some(Bytes::from_static(&zstd::END)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use bytes::Bytes;
    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::{Coded, CodedBody, Coding, gzip, zstd};

    const CODINGS: [Coding; 3] = [Coding::Identity, Coding::Gzip, Coding::Zstd];

    /// What a client has of a body so far.
    fn decoded(coding: Coding, body: &[u8]) -> Vec<u8> {
        match coding {
            Coding::Identity => body.to_vec(),
            Coding::Gzip => gzip::tests::inflated(body),
            Coding::Zstd => zstd::tests::decoded(body),
        }
    }

    /// What a strict client has of a body that has ended: nothing if the end is not clean.
    fn decoded_to_the_end(coding: Coding, body: &[u8]) -> Option<Vec<u8>> {
        if coding != Coding::Gzip {
            let mut reader = zstd::tests::Reader::new();
            let is_clean = coding == Coding::Identity || {
                reader.push(body);
                reader.is_ended
            };
            return is_clean.then(|| decoded(coding, body));
        }
        let (mut decoder, mut out) = (GzDecoder::new(body), Vec::new());
        decoder.read_to_end(&mut out).ok()?;
        decoder.into_inner().is_empty().then_some(out)
    }

    #[test]
    fn a_piece_is_compressed_when_it_is_asked_for_and_once() {
        let piece = Coded::new(Bytes::from_static(b"data: 1\n\n"));
        for coding in Coding::COMPRESSING {
            assert!(piece.get(coding).is_none());
            assert!(piece.fill(coding));
            assert!(!piece.fill(coding));
        }
        assert_eq!(piece.get(Coding::Identity).expect("always there").bytes, piece.plain());
    }

    #[test]
    fn a_heartbeat_is_one_comment_line_in_every_coding() {
        for coding in CODINGS {
            let mut coded = CodedBody::new(coding);
            let begin = coded.begin(Bytes::from_static(b"retry: 2000\n"));
            let body = [begin, coded.heartbeat(), coded.heartbeat()].concat();
            assert_eq!(decoded(coding, &body), b"retry: 2000\n:\n:\n");
        }
    }

    #[test]
    fn a_body_has_one_end_and_one_that_is_cut_has_none() {
        for coding in Coding::COMPRESSING {
            let mut coded = CodedBody::new(coding);
            let begin = coded.begin(Bytes::from_static(b"retry: 2000\n"));
            assert_eq!(decoded_to_the_end(coding, &begin), None);
            let end = coded.end().expect("an end");
            assert_eq!(coded.end(), None);
            let whole = [begin, end].concat();
            assert_eq!(decoded_to_the_end(coding, &whole).as_deref(), Some(&b"retry: 2000\n"[..]));
        }
        assert_eq!(CodedBody::new(Coding::Identity).end(), None);
    }

    #[test]
    fn a_body_that_is_whole_has_an_end_in_every_coding() {
        for len in [0, 2, 300_000] {
            let plain = Bytes::from(vec![b'x'; len]);
            for coding in CODINGS {
                let body = super::whole(coding, &plain);
                let decoded = match coding {
                    Coding::Zstd => ::zstd::decode_all(&*body).ok(),
                    _ => decoded_to_the_end(coding, &body),
                };
                assert_eq!(decoded.as_deref(), Some(&*plain), "{coding:?}");
            }
        }
    }

    #[derive(Debug, Clone)]
    enum Sent {
        Shared(Vec<u8>),
        /// The same again with something behind it, as a delta.
        Again(Vec<u8>),
        Own(Vec<u8>),
        Heartbeat,
    }

    fn pieces() -> impl Strategy<Value = Vec<Sent>> {
        let bytes = || {
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 1..300),
                // Long enough for several blocks, and easily compressed.
                (1usize..200_000, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
            ]
        };
        let piece = prop_oneof![
            bytes().prop_map(Sent::Shared),
            proptest::collection::vec(any::<u8>(), 1..300).prop_map(Sent::Again),
            bytes().prop_map(Sent::Own),
            Just(Sent::Heartbeat),
        ];
        proptest::collection::vec(piece, 0..8)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_pieces_in_any_order_decode_to_what_went_in_and_end_cleanly(pieces in pieces()) {
            for coding in CODINGS {
                let mut coded = CodedBody::new(coding);
                let mut plain = b"retry: 2000\n".to_vec();
                let mut body = coded.begin(plain.clone().into()).to_vec();
                for piece in &pieces {
                    match piece {
                        Sent::Shared(bytes) => {
                            let piece = Coded::new(bytes.clone().into());
                            piece.fill(coding);
                            body.extend(coded.share(piece.get(coding).expect("filled")));
                            plain.extend_from_slice(bytes);
                        }
                        Sent::Again(bytes) => {
                            let base = Bytes::from(bytes.repeat(3));
                            let again = Coded::new([&base[..], bytes].concat().into());
                            let base = Coded::new(base);
                            base.fill(coding);
                            let is_made = again.fill_delta(coding, base.plain());
                            prop_assert_eq!(is_made, coding != Coding::Identity);
                            let piece = again.delta(coding).or(again.get(coding)).expect("filled");
                            body.extend(coded.share(base.get(coding).expect("filled")));
                            body.extend(coded.share(piece));
                            plain.extend([&base.plain()[..], again.plain()].concat());
                        }
                        Sent::Own(bytes) => {
                            body.extend(coded.own(bytes.clone().into()));
                            plain.extend_from_slice(bytes);
                        }
                        Sent::Heartbeat => {
                            body.extend(coded.heartbeat());
                            plain.extend_from_slice(b":\n");
                        }
                    }
                    // Not later than the piece itself.
                    prop_assert_eq!(decoded(coding, &body).len(), plain.len());
                }
                body.extend(coded.end().unwrap_or_default());
                prop_assert!(decoded_to_the_end(coding, &body) == Some(plain));
            }
        }
    }
}
