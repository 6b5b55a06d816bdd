//! Content codings in pieces that can be shared: every piece is compressed once and means the same on
//! any connection of its coding.
//!
//! | coding | a connection begins with | a piece | a silence is broken with |
//! |---|---|---|---|
//! | identity | nothing | the bytes | the bytes |
//! | gzip | one member header, and never a trailer | byte-aligned deflate blocks that refer to nothing before them | a stored block |
//! | zstd | nothing | a frame; or a part of a [group](zstd::Group), which is one frame shared by all who have had it from its start | a frame |
//!
//! A gzip member an event would be simpler, but browsers stop at the end of the first member. This
//! module knows bytes and nothing of events or charts.

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

    /// What a connection of this coding begins with, before any piece.
    #[must_use]
    pub const fn preamble(self) -> &'static [u8] {
        match self {
            Self::Identity | Self::Zstd => &[],
            Self::Gzip => &gzip::HEADER,
        }
    }

    /// A piece that holds `bytes` uncompressed: for the few that are one connection's alone.
    #[must_use]
    pub fn stored(self, bytes: Bytes) -> Bytes {
        match self {
            Self::Identity => bytes,
            Self::Gzip => gzip::stored(&bytes),
            Self::Zstd => zstd::stored(&bytes),
        }
    }

    /// A piece that holds the comment `:` and a blank line. Static: it costs no allocation.
    #[must_use]
    pub const fn heartbeat(self) -> Bytes {
        match self {
            Self::Identity => Bytes::from_static(b":\n\n"),
            Self::Gzip => Bytes::from_static(&gzip::HEARTBEAT),
            Self::Zstd => Bytes::from_static(&zstd::HEARTBEAT),
        }
    }

    fn compress(self, bytes: &Bytes) -> Bytes {
        match self {
            Self::Identity => bytes.clone(),
            Self::Gzip => gzip::blocks(bytes),
            Self::Zstd => zstd::frame(bytes),
        }
    }
}

/// A piece in every coding that somebody wants it in.
#[derive(Debug, Default)]
pub struct Coded {
    plain: Bytes,
    gzip: OnceLock<Bytes>,
    zstd: OnceLock<Bytes>,
}

impl Coded {
    /// A piece that is in no coding but identity yet.
    #[must_use]
    pub const fn new(plain: Bytes) -> Self {
        Self { plain, gzip: OnceLock::new(), zstd: OnceLock::new() }
    }

    /// The piece in a coding, if it [was made](Self::fill).
    #[must_use]
    pub fn get(&self, coding: Coding) -> Option<&Bytes> {
        match coding {
            Coding::Identity => Some(&self.plain),
            Coding::Gzip => self.gzip.get(),
            Coding::Zstd => self.zstd.get(),
        }
    }

    /// Compresses the piece, if that has not been done; whether it had to be.
    pub fn fill(&self, coding: Coding) -> bool {
        let cell = match coding {
            Coding::Identity => return false,
            Coding::Gzip => &self.gzip,
            Coding::Zstd => &self.zstd,
        };
        let mut made = false;
        cell.get_or_init(|| {
            made = true;
            coding.compress(&self.plain)
        });
        made
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::{Coded, Coding, gzip, zstd};

    fn decoded(coding: Coding, body: &[u8]) -> Vec<u8> {
        match coding {
            Coding::Identity => body.to_vec(),
            Coding::Gzip => gzip::tests::inflated(body),
            Coding::Zstd => zstd::tests::decoded(body),
        }
    }

    #[test]
    fn a_piece_is_compressed_when_it_is_asked_for_and_once() {
        let piece = Coded::new(Bytes::from_static(b"data: 1\n\n"));
        for coding in Coding::COMPRESSING {
            assert_eq!(piece.get(coding), None);
            assert!(piece.fill(coding));
            assert!(!piece.fill(coding));
        }
        assert_eq!(piece.get(Coding::Identity).map(|b| &b[..]), Some(&b"data: 1\n\n"[..]));
    }

    #[test]
    fn a_heartbeat_is_a_comment_in_every_coding() {
        for coding in [Coding::Identity, Coding::Gzip, Coding::Zstd] {
            let body = [coding.preamble(), &coding.heartbeat(), &coding.heartbeat()].concat();
            assert_eq!(decoded(coding, &body), b":\n\n:\n\n");
        }
    }

    #[derive(Debug, Clone)]
    enum Piece {
        Compressed(Vec<u8>),
        Stored(Vec<u8>),
        Heartbeat,
    }

    fn pieces() -> impl Strategy<Value = Vec<Piece>> {
        let bytes = || {
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 1..300),
                // Long enough for several blocks, and easily compressed.
                (1usize..200_000, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
            ]
        };
        let piece = prop_oneof![
            bytes().prop_map(Piece::Compressed),
            bytes().prop_map(Piece::Stored),
            Just(Piece::Heartbeat),
        ];
        proptest::collection::vec(piece, 0..8)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_pieces_in_any_order_decode_to_what_went_in(pieces in pieces()) {
            for coding in [Coding::Identity, Coding::Gzip, Coding::Zstd] {
                let (mut body, mut plain) = (coding.preamble().to_vec(), Vec::new());
                for piece in &pieces {
                    match piece {
                        Piece::Compressed(bytes) => {
                            let piece = Coded::new(bytes.clone().into());
                            piece.fill(coding);
                            body.extend_from_slice(piece.get(coding).expect("filled"));
                            plain.extend_from_slice(bytes);
                        }
                        Piece::Stored(bytes) => {
                            body.extend_from_slice(&coding.stored(bytes.clone().into()));
                            plain.extend_from_slice(bytes);
                        }
                        Piece::Heartbeat => {
                            body.extend_from_slice(&coding.heartbeat());
                            plain.extend_from_slice(b":\n\n");
                        }
                    }
                    // Not later than the piece itself.
                    prop_assert_eq!(decoded(coding, &body).len(), plain.len());
                }
                prop_assert_eq!(decoded(coding, &body), plain);
            }
        }
    }
}
