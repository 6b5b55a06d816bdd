//! `figcast push` and `figcast history`, as they are typed.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Output, Stdio};

use super::{argument, minute};
use crate::support::process::{Server, figcast, text};

fn server(history: &Path) -> Server {
    Server::start_as(figcast().env("FIGCAST_HISTORY__PATH", history), &["--allow-ingest"])
}

fn push(server: &Server, args: &[&str]) -> Output {
    let url = format!("http://{}", server.address);
    figcast().args(["push", "MINE"]).args(args).args(["--url", &url]).output().expect("started")
}

#[test]
fn a_file_is_sent_and_its_bad_lines_are_told_by_their_numbers() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = server(&folder.path().join("bars.db"));
    let file = folder.path().join("rows.csv");
    let row = |ago: i64| format!("{}000,1,2,1,{}\n", minute(ago), ago % 2 + 1);
    let rows: String = (1..=6_000).map(row).collect();
    fs::write(&file, format!("time,open,high,low,close\n{rows}")).expect("written");
    let sent = push(&server, &[&argument(&file)]);
    let told = text(&sent.stderr);
    assert!(sent.status.success(), "{told}");
    assert_eq!(text(&sent.stdout), "6000 accepted, 0 replaced, 0 unchanged\n");
    assert!(
        told.contains(&format!("the chart is at http://{}/chart/PUSHED:MINE", server.address)),
        "{told}"
    );
    let bad = format!("time,price\n\n{}000,1\nsoon,2\n", minute(1));
    fs::write(&file, bad).expect("written");
    let sent = push(&server, &[&argument(&file)]);
    assert!(!sent.status.success());
    let told = text(&sent.stderr);
    assert!(
        told.contains("line 4: time: \"soon\" is not a time") && told.contains("1 row was refused"),
        "{told}"
    );
    let missing = push(&server, &["no/such.csv"]);
    assert!(text(&missing.stderr).contains("cannot read no/such.csv"));
}

#[test]
fn lines_of_standard_input_are_sent_as_they_come_and_again_until_the_server_is_there() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // The server is not there yet.
    let free = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = free.local_addr().expect("known").to_string();
    drop(free);
    let mut push = figcast()
        .args(["push", "MINE", "--url", &format!("http://{address}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let mut input = push.stdin.take().expect("piped");
    writeln!(input, "{}000,1", minute(2)).expect("sent");
    let mut told = BufReader::new(push.stderr.take().expect("piped")).lines();
    let first = told.next().expect("a line").expect("text");
    assert!(first.contains("sending again"), "{first}");
    let path = folder.path().join("bars.db");
    let server = Server::listening(
        figcast().env("FIGCAST_HISTORY__PATH", path),
        &address,
        &["--allow-ingest"],
    );
    let chart = told.map(|line| line.expect("text")).find(|line| line.contains("the chart is at"));
    assert!(chart.is_some(), "it was taken while the input is open");
    writeln!(input, "{}500,2", minute(2)).expect("sent");
    drop(input);
    let ended = push.wait_with_output().expect("ended");
    assert_eq!(text(&ended.stdout), "2 accepted, 0 replaced, 0 unchanged\n");
    let bars = server.get("/bars/PUSHED:MINE?format=csv");
    assert!(bars.contains(",1.0,2.0,1.0,2.0,0.0"), "{bars}");
}

#[test]
fn a_token_that_is_refused_is_told_and_does_not_stand_in_the_log() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = figcast();
    command
        .env("FIGCAST_HISTORY__PATH", folder.path().join("bars.db"))
        .env(
            "FIGCAST_INGEST__TOKENS",
            "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
        )
        .env("RUST_LOG", "trace");
    let mut server = Server::start_as(&mut command, &[]);
    let url = format!("http://{}", server.address);
    let push = |token: &str| {
        let mut push = figcast()
            .args(["push", "MINE", "--url", &url])
            .env("FIGCAST_TOKEN", token)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("started");
        let mut input = push.stdin.take().expect("piped");
        writeln!(input, "{}000,1", minute(1)).expect("sent");
        drop(input);
        push.wait_with_output().expect("ended")
    };
    let refused = text(&push("wrongtoken").stderr);
    assert!(
        refused.contains("the server refuses it (401 Unauthorized): this token is none of"),
        "{refused}"
    );
    assert!(push("secret").status.success());
    let hook = format!("{}000,1", minute(1));
    let request = format!(
        "POST /ingest/hook/secret?symbol=A HTTP/1.0\r\nContent-Length: {}\r\n\r\n{hook}",
        hook.len()
    );
    assert!(server.answer(request.as_bytes()).starts_with("HTTP/1.0 200"));
    server.terminate();
    server.child.wait().expect("ended");
    let log = server.log();
    assert!(log.contains("listening") || log.contains("stopped"), "{log}");
    assert!(!log.contains("secret") && !log.contains("wrongtoken"), "a token stands in the log");
}

#[test]
fn what_is_kept_is_listed_exported_imported_and_pruned() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bars.db");
    let history = |args: &[&str]| {
        let output = figcast()
            .args(["history"])
            .args(args)
            .args(["--path", &argument(&path)])
            .env("FIGCAST_HISTORY__KEEP_DAYS__1M", "30")
            .output()
            .expect("started");
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    };
    let (is_good, _, told) = history(&["list"]);
    assert!(!is_good && told.contains("is not there: nothing was kept yet"), "{told}");
    let file = folder.path().join("rows.csv");
    let rows = format!(
        "time,open,high,low,close,volume\n2024-10-02T13:30:00Z,1,2,0.5,1.5,7\n2024-10-02T13:31:00Z,1.5,2,1,2,0\n{}",
        ""
    );
    fs::write(&file, &rows).expect("written");
    let (is_good, said, told) = history(&["import", "MINE", &argument(&file)]);
    assert!(is_good, "{told}");
    assert_eq!(said, "MINE: 2 bars of 1m: 2 accepted, 0 replaced, 0 unchanged\n");
    let (_, said, _) = history(&["import", "MINE", &argument(&file)]);
    assert_eq!(said, "MINE: 2 bars of 1m: 0 accepted, 0 replaced, 2 unchanged\n");
    let (_, listed, _) = history(&["list"]);
    assert_eq!(
        listed,
        "source,symbol,interval,session,bars,first,last\npushed,MINE,1m,regular,2,2024-10-02T13:30:00Z,2024-10-02T13:31:00Z\n"
    );
    let (_, exported, _) = history(&["export", "MINE"]);
    assert_eq!(exported, rows, "what goes in comes out");
    let (is_good, _, told) = history(&["export", "OTHER"]);
    assert!(!is_good && told.contains("no bars of 1m are kept of OTHER"), "{told}");
    let (_, pruned, _) = history(&["prune"]);
    assert_eq!(pruned, "2 bars were taken out\n");
    let (_, listed, _) = history(&["list"]);
    assert!(listed.contains("pushed,MINE,1m,regular,0,,"), "{listed}");
}
