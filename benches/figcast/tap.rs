//! What one subscriber got, kept whole: to see that it is figures, and to have others send the same.

use std::io::Write as _;

use anyhow::{Context as _, bail, ensure};
use flate2::write::GzDecoder;
use serde_json::Value;
use zstd::stream::write::Decoder as ZstdDecoder;

use crate::load::SMALL_TALK;
use crate::sse::{Event, Parser};
use crate::wire::Part;

/// What stands around the id and the data of a figure.
const FRAMING: usize = "id: \ndata: \n\n".len();

/// The chunks of a stream, as they came and as text.
#[derive(Default)]
pub struct Tap {
    coding: Coding,
    chunk: Vec<u8>,
    chunks: Vec<Vec<u8>>,
    text: String,
    /// Where in `chunks` and `text` counting began.
    marked: (usize, usize),
}

/// The content coding of the stream.
#[derive(Default)]
enum Coding {
    #[default]
    Identity,
    Gzip(Box<GzDecoder<Vec<u8>>>),
    Zstd(Box<ZstdDecoder<'static, Vec<u8>>>),
    /// What came could not be decoded.
    Broken,
}

impl Tap {
    /// Takes a part of the response.
    pub fn take(&mut self, part: &Part<'_>) {
        match part {
            Part::Head(head) => self.coding = Coding::of(head),
            Part::Bytes(bytes) => self.chunk.extend_from_slice(bytes),
            Part::Event(_) => {
                match self.coding.decode(&self.chunk) {
                    Ok(text) => self.text.push_str(&text),
                    Err(_) => self.coding = Coding::Broken,
                }
                self.chunks.push(std::mem::take(&mut self.chunk));
            }
        }
    }

    /// Counts from here on.
    pub const fn mark(&mut self) {
        self.marked = (self.chunks.len(), self.text.len());
    }

    /// What has come so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a whole figure has come.
    pub fn has_figure(&self) -> bool {
        Parser::default().push(self.text.as_bytes()).iter().any(Event::is_figure)
    }

    /// The name of the coding, which every event so far could be decoded by when it came.
    pub fn coding(&self) -> anyhow::Result<&'static str> {
        Ok(match self.coding {
            Coding::Identity => "identity",
            Coding::Gzip(_) => "gzip",
            Coding::Zstd(_) => "zstd",
            Coding::Broken => bail!("an event cannot be decoded when it comes"),
        })
    }

    /// The events since the mark, as they were on the wire.
    pub fn events(&self) -> Vec<Vec<u8>> {
        let since = &self.chunks[self.marked.0..];
        since.iter().filter(|chunk| chunk.len() > SMALL_TALK).cloned().collect()
    }

    /// Checks that all events since the mark are whole figures, and gives their mean length as text.
    pub fn figures(&self) -> anyhow::Result<usize> {
        let text = self.text.get(self.marked.1..).context("nothing came")?;
        let figures = Parser::default().push(text.as_bytes()).into_iter().filter(Event::is_figure);
        let (mut found, mut length) = (0, 0);
        for Event { id, data, .. } in figures {
            let (id, data) = (id.unwrap_or_default(), data.unwrap_or_default());
            let figure: Value = serde_json::from_str(&data).context("a figure that is no JSON")?;
            ensure!(figure["data"].is_array() && figure["layout"].is_object(), "no figure");
            (found, length) = (found + 1, length + FRAMING + id.len() + data.len());
        }
        let events = self.events().len();
        ensure!(found == events, "{found} of {events} events are figures");
        Ok(length / found.max(1))
    }
}

impl Coding {
    fn of(head: &str) -> Self {
        let value = |line: &str| line.strip_prefix("content-encoding: ").map(str::to_owned);
        match head.lines().find_map(value).as_deref() {
            Some("gzip") => Self::Gzip(Box::new(GzDecoder::new(Vec::new()))),
            Some("zstd") => {
                ZstdDecoder::new(Vec::new()).map_or(Self::Broken, |zstd| Self::Zstd(Box::new(zstd)))
            }
            _ => Self::Identity,
        }
    }

    /// What a chunk adds to the text. Each has to be readable when it comes, not with the next one.
    fn decode(&mut self, chunk: &[u8]) -> anyhow::Result<String> {
        let bytes = match self {
            Self::Identity => chunk.to_vec(),
            Self::Gzip(gzip) => {
                gzip.write_all(chunk)?;
                gzip.flush()?;
                std::mem::take(gzip.get_mut())
            }
            Self::Zstd(zstd) => {
                zstd.write_all(chunk)?;
                zstd.flush()?;
                std::mem::take(zstd.get_mut())
            }
            Self::Broken => Vec::new(),
        };
        Ok(String::from_utf8(bytes)?)
    }
}
