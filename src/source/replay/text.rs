//! The text of a file: unpacked, in whatever encoding spreadsheets and terminals save it.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use encoding_rs::{Encoding, UTF_8, UTF_16LE, WINDOWS_1252};
use flate2::read::MultiGzDecoder;

use super::error::FileProblem;

/// Longest accepted file, unpacked: a year of minutes around the clock has about half of it.
const MAX_BYTES: u64 = 64 << 20;
/// Bytes of UTF-16 without a mark that are looked at.
const LOOKED_AT: usize = 64;

/// How files of other programs begin, what they are, and what to do with them.
const FOREIGN: [(&[u8], &str, &str); 9] = [
    (b"PK\x03\x04", "a zip archive or an Excel workbook", "unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook", "save the sheet as CSV"),
    (b"PAR1", "a Parquet file", "write its rows as CSV"),
    (b"ARROW1", "a Feather file", "write its rows as CSV"),
    (b"\x89HDF", "an HDF5 file", "write its rows as CSV"),
    (b"\x28\xb5\x2f\xfd", "packed by zstd", "unpack it, or pack it by gzip"),
    (b"BZh", "packed by bzip2", "unpack it, or pack it by gzip"),
    (b"\xfd7zXZ", "packed by xz", "unpack it, or pack it by gzip"),
    (b"%PDF", "a PDF", "ask its publisher for CSV"),
];

/// Reads a file as text.
///
/// # Errors
/// [`FileProblem`] when it cannot be read, is too long, or is no text.
pub(super) fn read(path: &Path) -> Result<String, FileProblem> {
    decode(&unpack(limited(File::open(path)?)?)?)
}

/// The bytes of a file that is followed from them on.
///
/// # Errors
/// [`FileProblem`] when it is too long.
pub(super) fn bytes(file: File) -> Result<Vec<u8>, FileProblem> {
    limited(file)
}

/// Refuses what does not grow row by row.
///
/// # Errors
/// [`FileProblem::Unfollowed`].
pub(super) fn followed(bytes: &[u8]) -> Result<(), FileProblem> {
    let is_marked = Encoding::for_bom(bytes).is_some_and(|(encoding, _)| encoding != UTF_8);
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    let found = match first {
        _ if is_packed(bytes) => "packed by gzip",
        _ if is_marked || is_wide(bytes) => "UTF-16",
        Some(b'{' | b'[') => "JSON",
        _ => return Ok(()),
    };
    Err(FileProblem::Unfollowed { found })
}

/// The text of these bytes, without a mark at its beginning.
pub(super) fn decode(bytes: &[u8]) -> Result<String, FileProblem> {
    if let Some((_, found, instead)) = FOREIGN.iter().find(|(start, ..)| bytes.starts_with(start)) {
        return Err(FileProblem::Foreign { found, instead });
    }
    let text = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => encoding.decode_without_bom_handling(&bytes[mark..]).0,
        None if is_wide(bytes) => UTF_16LE.decode_without_bom_handling(bytes).0,
        None => str::from_utf8(bytes).map_or_else(|_| western(bytes), Cow::Borrowed),
    };
    let text = text.trim_start_matches('\u{feff}');
    let head: String = text.trim_start().chars().take(9).collect();
    let head = head.to_ascii_lowercase();
    if head.starts_with("<!doctype") || head.starts_with("<html") {
        let instead = "download the file again; the server has answered with something else";
        return Err(FileProblem::Foreign { found: "a web page", instead });
    }
    let is_binary = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{1a}');
    if text.contains(is_binary) {
        return Err(FileProblem::NotText);
    }
    Ok(text.trim_end_matches('\u{1a}').to_owned())
}

fn limited(source: impl Read) -> Result<Vec<u8>, FileProblem> {
    let mut bytes = Vec::new();
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(FileProblem::TooLarge { limit: MAX_BYTES });
    }
    Ok(bytes)
}

fn unpack(bytes: Vec<u8>) -> Result<Vec<u8>, FileProblem> {
    if is_packed(&bytes) { limited(MultiGzDecoder::new(&*bytes)) } else { Ok(bytes) }
}

/// Whether these bytes are packed by gzip.
fn is_packed(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x1f\x8b")
}

/// Whether every other byte is zero, as in text of two bytes a character without a mark.
fn is_wide(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(LOOKED_AT) & !1];
    !head.is_empty() && head.chunks_exact(2).all(|pair| pair[1] == 0 && pair[0] != 0)
}

/// What Western spreadsheets save without asking.
fn western(bytes: &[u8]) -> Cow<'_, str> {
    WINDOWS_1252.decode_without_bom_handling(bytes).0
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::{decode, limited, unpack};

    const TEXT: &str = "Datum,Eröffnung\n2024-10-02,1\n";

    fn text(bytes: &[u8]) -> Result<String, String> {
        let unpacked = unpack(bytes.to_vec()).and_then(|bytes| decode(&bytes));
        unpacked.map_err(|problem| problem.to_string())
    }

    fn wide(text: &str, bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn text_is_read_in_every_encoding_that_programs_save_it_in() {
        let marked = format!("\u{feff}{TEXT}");
        let latin: Vec<u8> =
            TEXT.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin")).collect();
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(TEXT.as_bytes()).expect("packed");
        for bytes in [
            TEXT.into(),
            marked.clone().into_bytes(),
            wide(&marked, u16::to_le_bytes),
            wide(&marked, u16::to_be_bytes),
            latin,
            packed.finish().expect("packed"),
            format!("{TEXT}\u{1a}").into_bytes(),
        ] {
            assert_eq!(text(&bytes).as_deref(), Ok(TEXT));
        }
        assert_eq!(
            text(&wide("Date\n", u16::to_le_bytes)).as_deref(),
            Ok("Date\n"),
            "without a mark"
        );
        assert_eq!(text(b"").as_deref(), Ok(""));
    }

    #[test]
    fn files_of_other_programs_are_refused_by_name() {
        for (bytes, part) in [
            (&b"PK\x03\x04rest"[..], "is a zip archive or an Excel workbook: unpack it"),
            (b"PAR1rest", "is a Parquet file"),
            (b" <!DOCTYPE html><html>", "is a web page"),
            (b"<html>", "is a web page"),
            (b"a\x00b\x01", "is not text"),
            (b"\x1f\x8bnot really", "cannot be read"),
        ] {
            let message = text(bytes).expect_err(part);
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn no_file_takes_more_memory_than_is_allowed() {
        let message = limited(std::io::repeat(b'1')).expect_err("endless").to_string();
        assert_eq!(message, "is longer than 67108864 bytes, the most a recording may have");
    }
}
