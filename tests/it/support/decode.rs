//! Bodies as clients decode them, piece by piece.

use figcast::codec::Coding;
use flate2::{Decompress, FlushDecompress};
use zstd::stream::raw::{Decoder, InBuffer, Operation as _, OutBuffer};

/// Decodes one body.
pub enum Body {
    Identity,
    /// Past the header or not.
    Gzip(Box<Decompress>, bool),
    Zstd(Box<Decoder<'static>>),
}

impl Body {
    pub fn of(coding: Coding) -> Self {
        match coding {
            Coding::Identity => Self::Identity,
            Coding::Gzip => Self::Gzip(Box::new(Decompress::new(false)), false),
            Coding::Zstd => Self::Zstd(Box::new(Decoder::new().expect("memory"))),
        }
    }

    /// All that a client has after another piece which it had not before.
    pub fn push(&mut self, mut piece: &[u8]) -> Vec<u8> {
        let mut buffer = vec![0; 1 << 17];
        let mut out = Vec::new();
        match self {
            Self::Identity => out.extend_from_slice(piece),
            Self::Gzip(inflate, is_past_header) => {
                if !*is_past_header {
                    assert_eq!(piece[..3], [0x1f, 0x8b, 8], "one member, and its header first");
                    piece = &piece[10..];
                    *is_past_header = true;
                }
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
