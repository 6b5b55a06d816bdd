//! Bodies as clients decode them, piece by piece.

use std::io::Read as _;

use figcast::codec::{Coding, gzip};
use flate2::read::GzDecoder;
use flate2::{Decompress, FlushDecompress};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use zstd::stream::raw::{Decoder, InBuffer, Operation as _, OutBuffer};

use super::client::CODINGS;

/// The coding that a header names.
pub fn coding(name: &str) -> Coding {
    CODINGS.into_iter().find(|coding| coding.token() == name).expect("a coding of ours")
}

/// Decodes one body.
pub struct Body {
    decoder: BodyDecoder,
    /// All that was sent.
    coded: Vec<u8>,
    /// And what it was.
    plain: Vec<u8>,
}

enum BodyDecoder {
    Identity,
    /// Bytes of the header that are still to come.
    Gzip(Box<Decompress>, usize),
    Zstd(Box<Decoder<'static>>),
    /// Its frame or member was ended.
    Ended,
}

impl Body {
    pub fn of(coding: Coding) -> Self {
        let decoder = match coding {
            Coding::Identity => BodyDecoder::Identity,
            Coding::Gzip => BodyDecoder::Gzip(Box::new(Decompress::new(false)), gzip::HEADER.len()),
            Coding::Zstd => BodyDecoder::Zstd(Box::new(Decoder::new().expect("memory"))),
        };
        Self { decoder, coded: Vec::new(), plain: Vec::new() }
    }

    /// All that a client has after another piece which it had not before.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        let (text, is_ended) = match &mut self.decoder {
            BodyDecoder::Identity => (piece.to_vec(), false),
            BodyDecoder::Gzip(inflate, header) => inflated(inflate, header, piece),
            BodyDecoder::Zstd(decoder) => unpacked(decoder, piece),
            BodyDecoder::Ended => panic!("nothing follows the end of a frame or member"),
        };
        if is_ended {
            self.decoder = BodyDecoder::Ended;
        }
        self.coded.extend_from_slice(piece);
        self.plain.extend_from_slice(&text);
        text
    }

    /// Checks that strict readers, which have seen nothing of it yet, find the body whole.
    pub fn assert_whole(&self) {
        let mut plain = Vec::new();
        let mut coded = &self.coded[..];
        let is_gzip = coded.starts_with(&gzip::HEADER);
        match self.decoder {
            BodyDecoder::Identity => return,
            BodyDecoder::Ended if is_gzip => {
                let mut decoder = GzDecoder::new(&mut coded);
                decoder.read_to_end(&mut plain).expect("a trailer that fits");
            }
            BodyDecoder::Ended => {
                let mut decoder = FrameDecoder::new();
                decoder.init(&mut coded).expect("a header");
                decoder.decode_blocks(&mut coded, BlockDecodingStrategy::All).expect("valid");
                plain = decoder.collect().expect("a last block");
            }
            BodyDecoder::Gzip(..) | BodyDecoder::Zstd(_) => panic!("the body was cut"),
        }
        assert!(plain == self.plain && coded.is_empty());
    }
}

/// What is in a piece of gzip, and whether its end is too.
fn inflated(inflate: &mut Decompress, header: &mut usize, mut piece: &[u8]) -> (Vec<u8>, bool) {
    let (mut out, mut buffer) = (Vec::new(), vec![0; 1 << 17]);
    let due = (*header).min(piece.len());
    let expected = &gzip::HEADER[gzip::HEADER.len() - *header..][..due];
    assert_eq!(&piece[..due], expected, "one member, and its header first");
    *header -= due;
    piece = &piece[due..];
    loop {
        let (read, wrote) = (inflate.total_in(), inflate.total_out());
        let flush = FlushDecompress::Sync;
        let status = inflate.decompress(piece, &mut buffer, flush).expect("valid");
        let read = usize::try_from(inflate.total_in() - read).expect("small");
        let wrote = usize::try_from(inflate.total_out() - wrote).expect("small");
        piece = &piece[read..];
        out.extend_from_slice(&buffer[..wrote]);
        if status == flate2::Status::StreamEnd {
            assert_eq!(piece.len(), 8, "the end brings its trailer, and nothing else");
            return (out, true);
        }
        if piece.is_empty() && wrote < buffer.len() {
            return (out, false);
        }
    }
}

/// What is in a piece of zstd, and whether its end is too.
fn unpacked(decoder: &mut Decoder<'_>, piece: &[u8]) -> (Vec<u8>, bool) {
    let (mut out, mut buffer) = (Vec::new(), vec![0; 1 << 17]);
    let mut input = InBuffer::around(piece);
    loop {
        let mut output = OutBuffer::around(&mut buffer[..]);
        let is_ended = decoder.run(&mut input, &mut output).expect("valid") == 0;
        let wrote = output.pos();
        out.extend_from_slice(&buffer[..wrote]);
        if is_ended {
            assert_eq!(input.pos(), piece.len(), "one frame");
            return (out, true);
        }
        if input.pos() == piece.len() && wrote < buffer.len() {
            return (out, false);
        }
    }
}
