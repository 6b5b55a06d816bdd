//! The history torn down: a process that is killed, a file that is locked, damaged, another's, and a full disk.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use figcast::bars::Bar;
use figcast::history::{History, HistoryKey, Reach, SourceBars};
use figcast::interval::Interval;
use figcast::view::Session;
use jiff::Timestamp;
use rusqlite::Connection;
use tempfile::TempDir;

use super::{Ingesting, argument, minute};
use crate::support::app::json_of;
use crate::support::process::{Server, figcast};
use crate::support::symbol;

/// Senders at once.
const SENDERS: i64 = 8;
/// Bars of each of them.
const EACH: i64 = 125;

/// Pushes one bar; whether it was acknowledged.
fn push_bar(address: &str, at: i64) -> bool {
    let body = format!("{},1,2,1,1.5", at * 1_000);
    let request = format!(
        "POST /ingest/MINE HTTP/1.0\r\nContent-Type: text/csv\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let Ok(mut socket) = TcpStream::connect(address) else { return false };
    let mut answer = String::new();
    socket.write_all(request.as_bytes()).is_ok()
        && socket.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.0 200")
        && answer.contains("\"accepted\":1")
}

fn start(path: &Path) -> Server {
    let mut command = figcast();
    command.env("FIGCAST_HISTORY__PATH", path).env("FIGCAST_INGEST__REQUESTS_PER_ADDRESS", "0");
    Server::start_as(&mut command, &["--allow-ingest"])
}

#[test]
fn every_acknowledged_bar_is_there_after_a_kill_in_the_middle_of_a_thousand() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bars.db");
    let mut server = start(&path);
    let (acknowledged, count) =
        (Arc::new(Mutex::new(BTreeSet::new())), Arc::new(AtomicI64::new(0)));
    let first = minute(SENDERS * EACH + 10);
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (address, acknowledged, count) =
                (server.address.clone(), Arc::clone(&acknowledged), Arc::clone(&count));
            thread::spawn(move || {
                for n in 0..EACH {
                    let at = first + (n * SENDERS + sender) * 60;
                    if push_bar(&address, at) {
                        acknowledged.lock().expect("whole").insert(at);
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    let deadline = std::time::Instant::now() + Duration::from_mins(1);
    while count.load(Ordering::Relaxed) < SENDERS * EACH / 2 {
        assert!(std::time::Instant::now() < deadline, "only {count:?} were acknowledged");
        thread::sleep(Duration::from_millis(1));
    }
    server.signal("-KILL");
    server.child.wait().expect("killed");
    for sender in senders {
        sender.join().expect("no panic");
    }
    let acknowledged = acknowledged.lock().expect("whole").clone();
    assert!(count.load(Ordering::Relaxed) < SENDERS * EACH, "it was killed in the middle");
    let server = start(&path);
    let history = History::open(&path).expect("whole");
    let key = HistoryKey::regular("pushed", symbol("MINE"), Interval::Minute1);
    let bars = history.bars_now(&key, Reach::All).expect("read").bars;
    let kept: BTreeSet<i64> = bars.times().iter().copied().collect();
    let lost: Vec<_> = acknowledged.difference(&kept).collect();
    assert!(lost.is_empty(), "{lost:?} were acknowledged and are lost");
    assert!(kept.len() - acknowledged.len() <= 8, "nothing but what was under way is kept besides");
    assert!(push_bar(&server.address, minute(1)), "and it goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_file_is_told_while_the_stream_goes_on() {
    let server = Ingesting::start();
    server.pushed("/ingest/MINE", format!("{}000,1\n", minute(2))).await;
    let mut stream = server.app.stream("/stream/PUSHED:MINE").await;
    stream.figure().await;
    let other = Connection::open(server.folder.path().join("bars.db")).expect("opened");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let refused = server.push("/ingest/MINE", format!("{}000,2\n", minute(1))).await;
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    let told = json_of(refused).await["detail"].as_str().expect("a reason").to_owned();
    assert!(
        told.contains("bars.db is locked by another process") && told.contains("nothing was kept"),
        "{told}"
    );
    assert_eq!(server.bars("MINE").await.len(), 1, "it is read all the same");
    other.execute_batch("COMMIT").expect("unlocked");
    server.pushed("/ingest/MINE", format!("{}000,2\n", minute(1))).await;
    stream.figure().await;
    drop(stream);
    server.app.stop().await;
}

/// What a server says that cannot start with this file.
fn told_of(path: &Path) -> String {
    let output = figcast()
        .args(["serve", "--listen", "127.0.0.1:0", "--allow-ingest"])
        .env("FIGCAST_HISTORY__PATH", path)
        .output()
        .expect("started");
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn a_file_that_cannot_be_the_history_is_told_at_the_start_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    fs::write(path("text.db"), "these are no bars, and never were; ".repeat(100)).expect("written");
    let other = Connection::open(path("other.db")).expect("opened");
    other.execute_batch("CREATE TABLE theirs (x)").expect("made");
    drop(History::open(&path("later.db")).expect("made"));
    let later = Connection::open(path("later.db")).expect("opened");
    later.execute_batch("PRAGMA user_version = 99").expect("set");
    for (name, part) in [
        ("text.db", "text.db is damaged: stop the server, move the file away or restore a backup"),
        (
            "other.db",
            "other.db is the database of another program: name another file in history.path",
        ),
        ("later.db", "has the form 99 of a later release, and this one knows 2"),
        ("none/at/all.db", "cannot open"),
        ("", "cannot open"),
    ] {
        let told = told_of(&path(name));
        assert!(told.contains(part), "{name}: {told}");
        let check = figcast()
            .args(["check-config", "--allow-ingest"])
            .env("FIGCAST_HISTORY__PATH", path(name))
            .output()
            .expect("started");
        let check = String::from_utf8(check.stderr).expect("text");
        assert!(check.contains("FIGCAST_HISTORY__PATH"), "{name}: {check}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_damaged_while_it_is_open_harms_nothing_else() {
    let server = Ingesting::start();
    let rows = (0..5_000).map(|n| format!("{}000,1\n", minute(1) - n * 60));
    let rows = rows.collect::<Vec<_>>().concat();
    server.pushed("/ingest/MINE", rows).await;
    let path = server.folder.path().join("bars.db");
    // What is in the log of changes goes into the file first.
    let other = Connection::open(&path).expect("opened");
    other.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("written");
    let mut file = fs::OpenOptions::new().write(true).open(&path).expect("there");
    let length = file.metadata().expect("known").len();
    file.seek(SeekFrom::Start(4_096)).expect("sought");
    file.write_all(&vec![0x5a; usize::try_from(length - 4_096).expect("small")]).expect("damaged");
    // Whatever each of them is answered, it is an answer.
    for n in 0..5 {
        let response = server.push("/ingest/MINE", format!("{}000,{n}\n", minute(1))).await;
        let (status, text) = (response.status(), response.text().await.expect("text"));
        assert!(status == 503 || status == 200, "{status}: {text}");
        assert!(status == 200 || text.contains("is damaged"), "{text}");
    }
    let status = server.app.get("/figure/AAPL").await.status();
    assert_eq!(status, 200, "another source goes on");
    server.app.stop().await;
}

/// A small file system of its own, where this may be made.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs", &argument(folder.path())])
            .output();
        mount.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_told_and_what_was_acknowledged_stays() {
    let Some(disk) = SmallDisk::mount() else {
        println!("no file system may be mounted here: nothing was tried");
        return;
    };
    let path = disk.0.path().join("bars.db");
    let server = start(&path);
    let mut kept = Vec::new();
    let mut refused = None;
    for n in 0..200 {
        let rows = (0..500)
            .map(|row| format!("{},1,1,1,1\n", (minute(1) - (n * 500 + row) * 60) * 1_000))
            .collect::<Vec<_>>()
            .concat();
        let head = format!("POST /ingest/MINE HTTP/1.0\r\nContent-Length: {}\r\n\r\n", rows.len());
        let answer = server.answer(format!("{head}{rows}").as_bytes());
        if answer.starts_with("HTTP/1.0 200") {
            kept.push(n);
        } else {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a disk of a megabyte is full");
    assert!(
        refused.starts_with("HTTP/1.0 503") && refused.contains("no room is left for"),
        "{refused}"
    );
    assert!(server.get("/figure/AAPL").starts_with("HTTP/1.0 200"), "another source goes on");
    assert!(
        server.get("/bars/PUSHED:MINE?format=csv").starts_with("HTTP/1.0 200"),
        "and what is kept is shown"
    );
    server.signal("-KILL");
    drop(server);
    let history = Connection::open(&path).expect("opened");
    let count: i64 =
        history.query_row("SELECT count(*) FROM bar", [], |row| row.get(0)).expect("read");
    assert_eq!(count, i64::try_from(kept.len()).expect("few") * 500);
}

#[test]
fn a_file_or_a_folder_that_may_not_be_written_is_told_before_anything_starts() {
    let Some(disk) = SmallDisk::mount() else {
        println!("no file system may be mounted here: nothing was tried");
        return;
    };
    let (there, missing) = (disk.0.path().join("bars.db"), disk.0.path().join("new.db"));
    drop(History::open(&there).expect("made"));
    let remounted = Command::new("mount").args(["-o", "remount,ro"]).arg(disk.0.path()).status();
    assert!(remounted.is_ok_and(|status| status.success()));
    for (path, part) in [
        (&there, "bars.db is read-only: nothing was kept; make it and its folder writable"),
        (&missing, "cannot open"),
    ] {
        assert!(told_of(path).contains(part), "{}", told_of(path));
        let check = figcast()
            .args(["check-config", "--allow-ingest"])
            .env("FIGCAST_HISTORY__PATH", path)
            .output()
            .expect("started");
        let told = String::from_utf8(check.stderr).expect("text");
        assert!(!check.status.success() && told.contains(part), "{told}");
    }
}

#[test]
fn a_check_of_the_history_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bars.db");
    drop(History::open(&path).expect("made"));
    History::check(&path).expect("fine");
    let left: Vec<_> = fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(left.len(), 1, "a check leaves nothing behind: {left:?}");
    History::check(&folder.path().join("new.db")).expect("fine");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

/// A copy of a file that a release has written, opened.
fn golden(form: u8) -> (TempDir, History) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bars.db");
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/history");
    fs::copy(files.join(format!("form{form}.db")), &path).expect("copied");
    let history = History::open(&path).expect("opened");
    (folder, history)
}

#[test]
fn files_of_all_forms_are_read_for_ever() {
    for form in [1, 2] {
        let (_folder, history) = golden(form);
        let of = symbol("GOLD");
        let of_length = |interval| {
            let key = HistoryKey::regular("pushed", of.clone(), interval);
            history.bars_now(&key, Reach::All).expect("read").bars
        };
        let bars = of_length(Interval::Minute1);
        assert_eq!(bars.times(), [1_764_167_400, 1_764_167_460]);
        assert_eq!((bars.closes(), bars.volumes()), (&[2.5, 3.25][..], &[7.0, 2.0][..]));
        let days = of_length(Interval::Day1);
        assert_eq!(days.closes(), [4.5]);
        let kept = history.symbol("pushed", &of).expect("kept");
        assert_eq!(kept.about.as_deref(), Some("{\"name\":\"Golden\",\"decimals\":2}"));
    }
}

/// What a source has told, as the golden file of form 2 has it.
fn told_by_a_source() -> SourceBars {
    let extended = HistoryKey::regular("stub", symbol("FICT"), Interval::Minute5);
    let bar = |ts, close| Bar { ts, open: 1.0, high: 9.0, low: 0.5, close, volume: 3.0 };
    SourceBars {
        key: HistoryKey { session: Session::Extended, ..extended },
        bars: [bar(1_764_167_400, 1.5), bar(1_764_167_700, 8.25)].into_iter().collect(),
        is_whole: true,
        about: b"what the source says besides".as_slice().into(),
        split: Some(1_764_000_000),
        is_restated: false,
        symbols: 10,
        at: Timestamp::from_second(1_764_167_999).expect("in range"),
    }
}

#[tokio::test]
async fn what_a_source_has_told_is_read_for_ever() {
    let (_folder, history) = golden(2);
    let expected = told_by_a_source();
    let found = history.recorded(expected.key, Reach::All).await.expect("read").expect("kept");
    assert_eq!(found.bars, expected.bars);
    assert_eq!((found.about.as_slice(), found.split), (&*expected.about, expected.split));
}
