//! `figcast push`: sends the lines of a file or of standard input to a server, as they come.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

use crate::symbol::Symbol;

/// The variable of the token, which no list of processes shows.
const TOKEN: &str = "FIGCAST_TOKEN";
/// How long lines are collected that come one after the other, and most lines and bytes of one request.
const WINDOW: Duration = Duration::from_millis(50);
const LINES: usize = 5_000;
const BYTES: usize = 512 * 1_024;
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// First and longest pause before a request is sent again.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(10)];

/// What to send where.
#[derive(Debug, Args)]
pub struct PushArgs {
    /// Whose bars or ticks they are, such as MINE
    symbol: String,
    /// CSV or NDJSON; "-" is standard input, of which each line is sent as it comes
    #[arg(default_value = "-")]
    file: PathBuf,
    /// Where the server is
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: Url,
    /// Token that may push; better in the variable `FIGCAST_TOKEN`, as others see arguments
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// Length of bars
    #[arg(long, value_name = "NAME")]
    interval: Option<String>,
    /// Unit of times that are numbers: s, ms, us or ns [default: ms]
    #[arg(long, value_name = "UNIT")]
    precision: Option<String>,
}

/// A line and its number.
type Numbered = (usize, String);

/// What the server says of the rows of a request.
#[derive(Debug, Default, Deserialize)]
struct TakenRows {
    accepted: usize,
    replaced: usize,
    unchanged: usize,
    #[serde(default)]
    symbols: Vec<TakenPart>,
    refused: Option<Left>,
}

#[derive(Debug, Deserialize)]
struct TakenPart {
    symbol: String,
    chart: String,
}

/// Rows that were left out.
#[derive(Debug, Deserialize)]
struct Left {
    count: usize,
    rows: Vec<LeftRow>,
}

#[derive(Debug, Deserialize)]
struct LeftRow {
    line: usize,
    column: String,
    detail: String,
}

/// What the server says is wrong.
#[derive(Debug, Deserialize)]
struct Complaint {
    detail: String,
}

/// Sends everything; what it came to in words.
///
/// # Errors
/// When nothing can be sent, or rows were refused.
pub fn push(args: &PushArgs) -> anyhow::Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut lines = lines(&args.file)?;
        let mut sender = Sender::new(args)?;
        let mut batch = Batch::default();
        while let Some(line) = lines.recv().await {
            batch.add(line);
            let until = Instant::now() + WINDOW;
            while !batch.is_full() {
                match timeout_at(until, lines.recv()).await {
                    Ok(Some(line)) => batch.add(line),
                    Ok(None) | Err(_) => break,
                }
            }
            sender.send(&mut batch).await?;
        }
        sender.summary()
    })
}

/// The lines as they can be read, by a thread that waits for them.
fn lines(file: &PathBuf) -> anyhow::Result<mpsc::Receiver<Numbered>> {
    let mut reader: Box<dyn BufRead + Send> = if file.as_os_str() == "-" {
        Box::new(BufReader::new(io::stdin()))
    } else {
        let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        Box::new(BufReader::new(opened))
    };
    let (sender, lines) = mpsc::channel(LINES);
    thread::spawn(move || {
        for number in 1.. {
            let mut line = Vec::new();
            match reader.read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if !line.trim().is_empty() && sender.blocking_send((number, line)).is_err() {
                return;
            }
        }
    });
    Ok(lines)
}

/// Lines that are sent together.
#[derive(Debug, Default)]
struct Batch {
    /// The line that names the columns, which goes before each request.
    header: Option<String>,
    /// Whether the first line has been seen.
    is_begun: bool,
    lines: Vec<Numbered>,
    bytes: usize,
}

impl Batch {
    fn add(&mut self, (number, line): Numbered) {
        let is_row = line.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '{');
        if !std::mem::replace(&mut self.is_begun, true) && !is_row {
            self.header = Some(line);
            return;
        }
        self.bytes += line.len() + 1;
        self.lines.push((number, line));
    }

    fn is_full(&self) -> bool {
        self.lines.len() >= LINES || self.bytes >= BYTES
    }

    fn text(&self) -> String {
        let rows = self.lines.iter().map(|(_, line)| line);
        self.header.iter().chain(rows).flat_map(|line| [line, "\n"]).collect()
    }

    /// The number that a line of the text has in the file.
    fn number(&self, line: usize) -> usize {
        let before = usize::from(self.header.is_some());
        let place = line.checked_sub(1 + before).and_then(|at| self.lines.get(at));
        place.map_or(line, |(number, _)| *number)
    }

    fn clear(&mut self) {
        self.lines.clear();
        self.bytes = 0;
    }
}

/// Sends batches, each until it is taken or refused.
struct Sender {
    http: reqwest::Client,
    /// Where the server is, with a slash at its end.
    server: Url,
    url: Url,
    token: Option<String>,
    sum: TakenRows,
    refused: usize,
    chart: Option<Url>,
}

impl Sender {
    fn new(args: &PushArgs) -> anyhow::Result<Self> {
        let symbol = Symbol::parse(&args.symbol)?;
        let mut server = args.url.clone();
        server.set_path(&format!("{}/", args.url.path().trim_end_matches('/')));
        let mut url = server.join(&format!("ingest/{symbol}"))?;
        url.query_pairs_mut()
            .append_pair("partial", "1")
            .extend_pairs(args.interval.iter().map(|interval| ("interval", interval)))
            .extend_pairs(args.precision.iter().map(|precision| ("precision", precision)));
        // Fails when the process has a provider already, and that one is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().tls_backend_rustls().timeout(PATIENCE).build()?;
        let token = args.token.clone().or_else(|| std::env::var(TOKEN).ok());
        Ok(Self { http, server, url, token, sum: TakenRows::default(), refused: 0, chart: None })
    }

    async fn send(&mut self, batch: &mut Batch) -> anyhow::Result<()> {
        if batch.lines.is_empty() {
            return Ok(());
        }
        let text = batch.text();
        let [first, longest] = PAUSES;
        let mut pause = first;
        let taken = loop {
            let (why, wait) = match self.ask(text.clone()).await {
                Ok(response) if response.status().is_success() => break response,
                Ok(response) if is_passing(response.status()) => {
                    let wait = retry_after(&response).unwrap_or(pause);
                    (complaint(response).await, wait)
                }
                Ok(response) => {
                    let status = response.status();
                    let what = complaint(response).await;
                    bail!("the server refuses it ({status}): {what}");
                }
                Err(error) => (error.without_url().to_string(), pause),
            };
            // Rows that came and were not answered are known to the server when they come again.
            note(&format!("{why}; sending again in {wait:?}"));
            sleep(wait).await;
            pause = (pause * 2).min(longest);
        };
        let taken: TakenRows = serde_json::from_slice(&taken.bytes().await?)
            .context("the answer is not one of figcast's /ingest")?;
        self.note_chart(&taken).await;
        self.sum.accepted += taken.accepted;
        self.sum.replaced += taken.replaced;
        self.sum.unchanged += taken.unchanged;
        if let Some(left) = taken.refused.filter(|left| left.count > 0) {
            self.refused += left.count;
            for LeftRow { line, column, detail } in left.rows {
                note(&format!("line {}: {column}: {detail}", batch.number(line)));
            }
        }
        batch.clear();
        Ok(())
    }

    async fn ask(&self, text: String) -> reqwest::Result<Response> {
        let is_json = text.starts_with('{');
        let form = if is_json { "application/x-ndjson" } else { "text/csv" };
        let mut request = self.http.post(self.url.clone()).header(CONTENT_TYPE, form).body(text);
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        request.send().await
    }

    /// Says once where the chart is. A server that is pushed to at an address of its own has it elsewhere.
    async fn note_chart(&mut self, taken: &TakenRows) {
        let Some(part) = taken.symbols.first().filter(|_| self.chart.is_none()) else { return };
        let Ok(chart) = self.server.join(&format!("chart/{}", part.symbol)) else { return };
        let answered = self.http.get(chart.clone()).send().await;
        match answered.map(|response| response.status()) {
            Ok(StatusCode::NOT_FOUND) => {
                note(&format!("the chart is at {} of the server's other address", part.chart));
            }
            _ => note(&format!("the chart is at {chart}")),
        }
        self.chart = Some(chart);
    }

    fn summary(&self) -> anyhow::Result<String> {
        let TakenRows { accepted, replaced, unchanged, .. } = self.sum;
        let told = format!("{accepted} accepted, {replaced} replaced, {unchanged} unchanged");
        match self.refused {
            0 => Ok(told),
            1 => bail!("1 row was refused: {told}"),
            refused => bail!("{refused} rows were refused: {told}"),
        }
    }
}

/// Whether it may be taken later.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

async fn complaint(response: Response) -> String {
    let status = response.status();
    let bytes = response.bytes().await.unwrap_or_default();
    let told = serde_json::from_slice::<Complaint>(&bytes).map(|complaint| complaint.detail);
    told.unwrap_or_else(|_| status.to_string())
}

/// A line for the person who sends.
fn note(line: &str) {
    eprintln!("figcast push: {line}");
}
