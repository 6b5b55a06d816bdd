//! Recorded files as people have them: what the server shows of them, and how it refuses the rest.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use figcast::clock::SystemClock;
use figcast::config::ReplayConfig;
use figcast::market::Calendars;
use figcast::source::replay::Replay;
use serde_json::Value;

use crate::support::app::TestApp;
use crate::support::sources::polled;
use crate::support::sse::Event;

/// Runs the binary with one file, and prints its bars.
fn bars(symbol: &str, file: &Path, more: &[&str]) -> Output {
    let file = format!("{symbol}={}", file.display());
    let args = ["bars", symbol, "--format", "csv", "--file", &file];
    let mut figcast = std::process::Command::new(env!("CARGO_BIN_EXE_figcast"));
    figcast.args(args).args(more).env_remove("FIGCAST_CONFIG").output().expect("started")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

#[test]
fn a_file_that_can_be_read_in_two_ways_is_refused_with_what_would_be_right() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bars.csv");
    for (rows, parts) in [
        (
            "Date,Open,High,Low,Close\n03/04/2024,1,1,1,1\n",
            &["bars.csv: line 2: Date is \"03/04/2024\"", "date_order"][..],
        ),
        (
            "Date;Open;High;Low;Close\n2024-04-03;1,105;1,205;1,005;1,125\n",
            &["line 2: Open is \"1,105\"", "decimal"],
        ),
        (
            "Date,Open,High,Low,Close\n3/4/24,1,1,1,1\n",
            &["line 2: Date is \"3/4/24\"; expected a year of four digits"],
        ),
        ("2024-04-03,1,2,1,2,5\n", &["line 1: no header", "columns"]),
        (
            "Symbol,Date,Open,High,Low,Close\nKO,2024-04-03,1,1,1,1\nPEP,2024-04-03,2,2,2,2\n",
            &["holds bars of KO, PEP, and none of GIS", "ticker"],
        ),
        ("PK\u{3}\u{4}", &["is a zip archive or an Excel workbook", "save the sheet as CSV"]),
    ] {
        fs::write(&path, rows).expect("written");
        let output = bars("GIS", &path, &[]);
        let said = text(&output.stderr);
        assert!(!output.status.success() && output.stdout.is_empty(), "{rows}");
        assert!(parts.iter().all(|part| said.contains(part)), "{rows}: {said}");
    }
}

#[test]
fn files_are_shown_at_their_own_prices_and_dates() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("a=b.csv");
    for (symbol, rows, expected) in [
        (
            "EURUSD=X",
            "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\n2024.03.04\t00:00:00\t1.08\t1.09\t1.07\t1.085\t7\n2024.03.05\t00:00:00\t1.085\t1.09\t1.07\t1.08\t8\n",
            "2024-03-05,1.085,1.09,1.07,1.08,8",
        ),
        (
            "^DJI",
            "Date;Erster;Hoch;Tief;Schlusskurs\n26.05.1896;40,94;40,94;40,94;40,94\n27.05.1896;40,58;40,58;40,58;40,58\n",
            "1896-05-27,40.58,40.58,40.58,40.58,0",
        ),
        (
            "IBM",
            "time,open,high,low,close\n-252322200,5,6,4,5.5\n-252235800,5.5,6,5,5.75\n",
            "1962-01-03,5.5,6.0,5.0,5.75,0",
        ),
    ] {
        fs::write(&path, rows).expect("written");
        let output = bars(symbol, &path, &[]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let last = text(&output.stdout).lines().last().expect("a row");
        let cells = |line: &str| -> Vec<String> {
            let cell = |cell: &str| {
                cell.parse::<f64>()
                    .map_or_else(|_| cell.chars().take(10).collect(), |n| n.to_string())
            };
            line.split(',').map(cell).collect()
        };
        assert_eq!(cells(last), cells(expected), "{symbol}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_appends_rows_to_a_file_is_a_source() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("live.csv");
    let append = |rows: &str| {
        let mut file = OpenOptions::new().create(true).append(true).open(&path).expect("opened");
        file.write_all(rows.as_bytes()).expect("written");
    };
    append(
        "time,open,high,low,close,volume\n2024-10-02 09:30,1,1,1,1,1\n2024-10-02 09:31,2,2,2,2,2\n",
    );
    let config = ReplayConfig {
        files: [("GROW".to_owned(), path.clone().into())].into(),
        follow: true,
        ..ReplayConfig::default()
    };
    let replay = Replay::open(&config, &Calendars::standard(), Arc::new(SystemClock));
    let app = TestApp::spawn(polled(replay.expect("opens"), Arc::new(SystemClock)));
    let mut stream = app.stream("/stream/GROW").await;
    let closes = |figure: &Value| figure["layout"]["meta"]["quote"]["last"].as_f64();
    assert_eq!(closes(&stream.figure().await.json()), Some(2.0));

    append("2024-10-02 09:32,3,3,3,3,3\n2024-10-02 09:33,4,");
    assert_eq!(closes(&stream.figure().await.json()), Some(3.0), "half a row waits");
    append("4,4,4,4\n");
    assert_eq!(closes(&stream.figure().await.json()), Some(4.0));

    append("2024-10-02 09:34,five,5,5,5,5\n");
    let is_bad = |event: &Event| event.is_status() && event.state() == "error";
    let status = stream.next_where(is_bad).await.json();
    let message = status["message"].as_str().expect("a message");
    assert!(message.contains("live.csv: line 6: open is \"five\""), "{message}");
    append("2024-10-02 09:35,6,6,6,6,6\n");
    assert_eq!(closes(&stream.figure().await.json()), Some(6.0), "the chart goes on");
    drop(stream);
    app.stop().await;
}
