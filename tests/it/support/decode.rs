//! Bodies as clients decode them, piece by piece.

use figcast::codec::{Coding, gzip};
use flate2::{Decompress, FlushDecompress};
use zstd::stream::raw::{Decoder, InBuffer, Operation as _, OutBuffer};

use super::client::CODINGS;

/// The coding that a header names.
pub fn coding(name: &str) -> Coding {
    CODINGS.into_iter().find(|coding| coding.token() == name).expect("a coding of ours")
}

/// Decodes one body.
pub enum Body {
    Identity,
    /// Bytes of the header that are still to come.
    Gzip(Box<Decompress>, usize),
    Zstd(Box<Decoder<'static>>),
}

impl Body {
    pub fn of(coding: Coding) -> Self {
        match coding {
            Coding::Identity => Self::Identity,
            Coding::Gzip => Self::Gzip(Box::new(Decompress::new(false)), gzip::HEADER.len()),
            Coding::Zstd => Self::Zstd(Box::new(Decoder::new().expect("memory"))),
        }
    }

    /// All that a client has after another piece which it had not before.
    pub fn push(&mut self, mut piece: &[u8]) -> Vec<u8> {
        let mut buffer = vec![0; 1 << 17];
        let mut out = Vec::new();
        match self {
            Self::Identity => out.extend_from_slice(piece),
            Self::Gzip(inflate, header) => {
                let due = (*header).min(piece.len());
                let expected = &gzip::HEADER[gzip::HEADER.len() - *header..][..due];
                assert_eq!(&piece[..due], expected, "one member, and its header first");
                *header -= due;
                piece = &piece[due..];
                loop {
                    let (read, wrote) = (inflate.total_in(), inflate.total_out());
                    let flush = FlushDecompress::Sync;
                    let status = inflate.decompress(piece, &mut buffer, flush).expect("valid");
                    assert_ne!(status, flate2::Status::StreamEnd, "a member is never ended");
                    let read = usize::try_from(inflate.total_in() - read).expect("small");
                    let wrote = usize::try_from(inflate.total_out() - wrote).expect("small");
                    piece = &piece[read..];
                    out.extend_from_slice(&buffer[..wrote]);
                    if piece.is_empty() && wrote < buffer.len() {
                        break;
                    }
                }
            }
            Self::Zstd(decoder) => {
                let mut input = InBuffer::around(piece);
                loop {
                    let mut output = OutBuffer::around(&mut buffer[..]);
                    decoder.run(&mut input, &mut output).expect("valid");
                    let wrote = output.pos();
                    out.extend_from_slice(&buffer[..wrote]);
                    if input.pos() == piece.len() && wrote < buffer.len() {
                        break;
                    }
                }
            }
        }
        out
    }
}
