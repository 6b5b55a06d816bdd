//! The program as its user starts it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::process::{Server, figcast, text};
use crate::support::small_reader;

fn run(args: &[&str]) -> Output {
    figcast().args(args).output().expect("started")
}

#[test]
fn a_stream_open_at_sigterm_ends_well_formed_and_the_process_exits_0_within_the_drain_time() {
    let mut server = Server::start(&[]);
    let mut socket = TcpStream::connect(&server.address).expect("connected");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
    socket.write_all(b"GET /stream/AAPL HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
    let mut seen = Vec::new();
    let mut buffer = [0; 16_384];
    while !seen.windows(8).any(|window| window == b"\"data\":[") {
        let read = socket.read(&mut buffer).expect("something in time");
        assert_ne!(read, 0, "the stream goes on");
        seen.extend_from_slice(&buffer[..read]);
    }
    let told = Instant::now();
    server.terminate();
    socket.read_to_end(&mut seen).expect("a clean end");
    let status = server.child.wait().expect("ended");
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
    assert_eq!(status.code(), Some(0));
    let log = server.log();
    assert!(log.contains("stopped") && !log.contains("ERROR") && !log.contains("WARN"), "{log}");
    let end = text(&seen[seen.len() - 40..]);
    assert!(end.contains("retry: ") && end.ends_with("\r\n0\r\n\r\n"), "{end:?}");
}

#[test]
fn a_balancer_is_told_of_the_end_before_the_listener_closes() {
    let mut server = Server::start_as(figcast().env("FIGCAST_SERVER__DRAIN_NOTICE", "2s"), &[]);
    assert!(server.get("/readyz").starts_with("HTTP/1.0 200"));
    let mut socket = server.connect();
    socket.write_all(b"GET /stream/AAPL HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
    socket.read_exact(&mut [0; 15]).expect("an answer");
    server.terminate();
    let told = Instant::now();
    // On connections of their own, from the signal until the port is closed.
    let (mut readiness, mut streams) = (Vec::new(), Vec::new());
    while TcpStream::connect(&server.address).is_ok() && told.elapsed() < Duration::from_secs(1) {
        readiness.push(server.get("/readyz"));
        streams.push(server.get("/stream/AAPL"));
    }
    let refused = readiness.iter().filter(|answer| answer.starts_with("HTTP/1.0 503")).count();
    assert!(refused > 2 && refused >= readiness.len() - 1, "{readiness:?}");
    assert!(streams.last().is_some_and(|answer| answer.starts_with("HTTP/1.0 503")), "{streams:?}");
    assert!(server.get("/healthz").ends_with("ok\n"), "it is alive");
    socket.read_to_end(&mut Vec::new()).expect("the stream has a clean end");
    assert_eq!(server.child.wait().expect("ended").code(), Some(0));
    assert!((2..5).contains(&told.elapsed().as_secs()), "{:?}", told.elapsed());
}

#[test]
fn a_client_that_reads_nothing_does_not_keep_the_process_beyond_the_drain_time() {
    let mut server = Server::start(&[]);
    let mut socket = TcpStream::connect(&server.address).expect("connected");
    for _ in 0..16 {
        socket.write_all(b"GET /stream/AAPL HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
    }
    let told = Instant::now();
    server.terminate();
    assert_eq!(server.child.wait().expect("ended").code(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(8), "{:?}", told.elapsed());
}

#[cfg(target_os = "linux")]
#[test]
fn two_hundred_readers_that_have_stopped_take_no_more_memory_as_time_goes_on() {
    let mut settings = tempfile::NamedTempFile::new().expect("a file");
    settings.write_all(b"[server]\nwrite_timeout = \"10min\"").expect("written");
    let args = ["--config", settings.path().to_str().expect("text")];
    let server = Server::start(&args);
    let address = server.address.parse().expect("an address");
    let charts = ["mountain", "line", "candlestick", "ohlc"];
    let views =
        charts.map(|chart| format!("view=AAPL;chart={chart}&view=AAPL;chart={chart};theme=light"));
    let open = |coding: &str| {
        let mut socket = small_reader(address);
        let path = format!("/stream?{}", views.join("&"));
        let request = format!("GET {path} HTTP/1.0\r\nAccept-Encoding: {coding}\r\n\r\n");
        socket.write_all(request.as_bytes()).expect("sent");
        socket
    };
    let stopped: Vec<_> =
        ["identity", "gzip"].iter().cycle().take(200).map(|coding| open(coding)).collect();
    let mut lines = BufReader::new(open("identity")).lines().map_while(Result::ok);
    // Of eight views a second.
    let mut seconds = |count: usize| {
        let figures = lines.by_ref().filter(|line| line.starts_with("id: "));
        assert_eq!(figures.take(8 * count).count(), 8 * count);
    };
    seconds(4);
    let before = server.memory();
    seconds(4);
    let grown = server.memory().saturating_sub(before);
    println!("{grown} bytes more than {before} after 32 more figures");
    // A single one of them kept for each would be more.
    assert!(grown < 2_000_000, "{grown} bytes more than {before}");
    drop(stopped);
}

#[cfg(target_os = "linux")]
#[test]
fn a_hundred_readers_that_take_nothing_of_a_large_answer_share_its_bytes() {
    let mut settings = tempfile::NamedTempFile::new().expect("a file");
    settings.write_all(b"[server]\nwrite_timeout = \"10min\"").expect("written");
    let server = Server::start(&["--config", settings.path().to_str().expect("text")]);
    let address = server.address.parse().expect("an address");
    let ask = || {
        let mut socket = small_reader(address);
        let path = "/bars/AAPL?interval=1m&range=5d&studies=macd,rsi,atr,stoch&format=json";
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).expect("sent");
        // Its answer has begun.
        socket.read_exact(&mut [0; 1]).expect("answered");
        socket
    };
    let mut whole = Vec::new();
    ask().read_to_end(&mut whole).expect("an answer");
    let before = server.memory();
    let stopped: Vec<_> = (0..100).map(|_| ask()).collect();
    let each = server.memory().saturating_sub(before) / 100;
    println!("{each} bytes for each reader of an answer of {}", whole.len());
    assert!(whole.len() > 300_000, "{}", whole.len());
    assert!(each < 128 * 1_024, "{each} bytes each");
    drop(stopped);
}

#[cfg(target_os = "linux")]
#[test]
fn what_zstd_takes_is_of_the_allocator_that_gives_memory_back() {
    // Only the one that stands for C's `malloc` looks at this variable.
    let output = figcast().arg("--version").env("MALLOC_CONF", "no_such:1").output();
    let said = text(&output.expect("started").stderr);
    assert!(said.contains("<jemalloc>: Invalid conf pair: no_such:1"), "{said}");
}

#[test]
fn help_is_as_it_was() {
    for (name, args) in [
        ("help", &["--help"][..]),
        ("help_serve", &["serve", "--help"]),
        ("help_figure", &["figure", "--help"]),
        ("help_doctor", &["doctor", "--help"]),
    ] {
        insta::assert_snapshot!(name, text(&run(args).stdout));
    }
}

#[test]
fn version_is_the_packages() {
    let output = run(&["--version"]);
    assert_eq!(text(&output.stdout), format!("figcast {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_figure_for_a_script_goes_to_stdout_alone() {
    let output = run(&["figure", "aapl", "interval=1m", "range=5d", "theme=light"]);
    assert!(output.status.success());
    let figure: Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
    assert_eq!(
        figure["layout"]["meta"]["view"],
        "AAPL;interval=1m;range=5d;session=regular;chart=mountain;theme=light;palette=safe;scale=linear"
    );
    assert_eq!(figure["data"][1]["x"].as_array().map(Vec::len), Some(1_950));
}

#[test]
fn the_feed_of_a_figure_for_a_script_ends_and_is_not_cut_off() {
    for args in [&["figure", "AAPL"][..], &["bars", "AAPL", "compare=MSFT"]] {
        let output =
            figcast().args(args).env("RUST_LOG", "figcast=debug").output().expect("started");
        let log = text(&output.stderr);
        let feeds = || log.lines().filter(|line| line.contains("] feed "));
        let told = |what: &str| feeds().filter(|line| line.ends_with(what)).count();
        assert!(told(": started") > 0, "{log}");
        assert_eq!(told(": stopped"), told(": started"), "{log}");
    }
}

#[test]
fn mistakes_are_told_on_stderr_with_what_would_be_right() {
    for (args, part) in [
        (&["figure", "a b"][..], "a symbol is letters and digits"),
        (&["figure", "AAPL", "range=7d"], "range cannot be \"7d\": it is 1d, 5d, 1mo"),
        (&["figure", "AAPL", "range"], "write OPTION=VALUE"),
        (&["figure", "NOPE"], "NOPE is not known to sim"),
        (&["serve", "--config", "no/such.toml"], "cannot read no/such.toml"),
        (&["check-config", "--listen", "nowhere"], "--listen: \"nowhere\" is nowhere to listen"),
        (
            &["serve", "--listen", "no-such-host.invalid:1"],
            "cannot listen on no-such-host.invalid:1",
        ),
        (&["serve", "--source", "sim", "--file", "A=b.csv"], "--file: it is for the replay source"),
        (&["figure", "A", "--speed", "2"], "--speed: it is for the replay source"),
        (
            &["serve", "--source", "replay", "--yahoo-base-url", "http://x"],
            "--yahoo-base-url: it is for",
        ),
        (
            &["serve", "--file", "A=b.csv", "--yahoo-base-url", "http://x"],
            "--yahoo-base-url: it is for",
        ),
        (&["check-config", "--file", "bars.csv"], "write SYMBOL=PATH"),
        (&["serve", "--source", "replay"], "--file"),
        (&["serve", "--listen", "192.0.2.1:1"], "cannot listen on 192.0.2.1:1"),
    ] {
        let output = run(args);
        assert!(!output.status.success(), "{args:?}");
        let said = text(&output.stderr);
        assert!(said.contains(part), "{args:?}: {said}");
        assert!(output.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn the_shipped_configuration_is_fine() {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/config/figcast.toml");
    let output = run(&["check-config", "--config", shipped]);
    assert_eq!(text(&output.stdout), format!("the configuration is fine: {shipped} was read\n"));
}

#[test]
fn check_config_opens_what_serve_would_and_tells_every_fault_at_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
    let write = |name: &str, text: &str| std::fs::write(path(name), text).expect("written");
    write("bad.csv", "time,open,high,low,close\n2024-01-02T14:30:00Z,1,2,0.5,cheap\n");
    write("markets.toml", "[x]\nzone = \"UTC\"\nregular = []\n");
    let settings = format!(
        "[server]\nport = 1\nlisten = \"192.0.2.1:80\"\n[markets]\nfile = \"{}\"\n\
         [source]\nname = \"replay\"\n[replay.files]\nACME = \"{}\"\nGONE = \"{}\"\n\
         [auth.keys.desk]\nalgorithm = \"ES256\"\nfile = \"/nowhere/key\"\n\
         [auth.jwks]\nurl = \"http://id.example/keys\"\n",
        path("markets.toml"),
        path("bad.csv"),
        path("gone.csv")
    );
    write("figcast.toml", &settings);
    let output = figcast()
        .args(["check-config", "--config", &path("figcast.toml")])
        .env("FIGCAST_REPLAY__TIMEZONE", "Mars/Base")
        .output()
        .expect("started");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    for part in [
        "figcast.toml was read",
        "figcast.toml: line 2: server.port: unknown field `port`",
        "figcast.toml: line 3: cannot listen on 192.0.2.1:80",
        "figcast.toml: line 5: ",
        "markets.toml: [x]: regular is empty",
        "environment variable FIGCAST_REPLAY__TIMEZONE: timezone \"Mars/Base\" of ACME",
        "- auth.issuer and auth.audience must name",
        "figcast.toml: line 11: auth.keys.desk.file: /nowhere/key cannot be read",
        "figcast.toml: line 15: auth.jwks.url is an address of https",
    ] {
        assert!(said.contains(part), "{part} is missing in {said}");
    }
    assert_eq!(said.lines().filter(|line| line.starts_with("- ")).count(), 7, "{said}");
    // The zone stands before the files, which are told once it is right.
    let output = run(&["check-config", "--config", &path("figcast.toml")]);
    let said = text(&output.stderr);
    for part in
        ["figcast.toml: line 9: ", "bad.csv: line 2: ", "figcast.toml: line 10: ", "gone.csv"]
    {
        assert!(said.contains(part), "{part} is missing in {said}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_not_said_to_have_been() {
    let output = run(&["check-config", "--config", "/nowhere.toml"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.starts_with("figcast: cannot read /nowhere.toml: "), "{said}");
}

#[test]
fn check_config_refuses_what_serve_refuses_with_the_same_words() {
    for (variables, part) in [
        (&[("SERVER__WORKERS", "3000")][..], "server.workers must be 0 to 512"),
        (&[("YAHOO__REQUEST_RATE", "nan")], "yahoo.request_rate must be 0.001 to 1000"),
        (&[("SOURCE__NAME", "yahoo"), ("YAHOO__REQUEST_RATE", "0")], "yahoo.request_rate must be"),
        (&[("HUB__HEARTBEAT", "1ns")], "hub.heartbeat must be 100ms to 1h"),
        (&[("SERVER__WRITE_TIMEOUT", "60days")], "server.write_timeout must be 1s to 1h"),
        (&[("HUB__LINGER", "999999999999y")], "hub.linger must be"),
        (
            &[("SOURCE__NAME", "yahoo"), ("YAHOO__BASE_URLS", "file:///x")],
            "each http:// or https://",
        ),
        (&[("YAHOO__USER_AGENT", "\"a\\r\\nb\"")], "yahoo.user_agent must be 1 to 512 printable"),
        (&[("REPLAY__FILES", "{ A = \"gone.csv\" }"), ("SOURCE__NAME", "replay")], "gone.csv"),
        (&[("SOURCE__NAME", "replay")], "--file"),
    ] {
        let told = ["check-config", "serve"].map(|command| {
            let set = variables.iter().map(|(key, value)| (format!("FIGCAST_{key}"), value));
            let output = figcast().arg(command).envs(set).output().expect("started");
            assert_eq!(output.status.code(), Some(1), "{command} {variables:?}");
            text(&output.stderr)
        });
        for said in told {
            assert_eq!(said.matches(part).count(), 1, "{part}: {said}");
            assert!(!said.contains("panicked") && !said.contains("faults"), "{said}");
        }
    }
}

#[test]
fn check_config_says_that_it_read_no_file_and_what_does_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let check = |command: &mut Command| {
        let output = command.arg("check-config").current_dir(folder.path()).output();
        text(&output.expect("started").stdout)
    };
    assert_eq!(
        check(&mut figcast()),
        "the configuration is fine: no file was read, as none was named and there is no \
         config/figcast.toml\n"
    );
    let said = check(figcast().env("FIGCAST_REPLAY__SPEED", "2"));
    let note = "environment variable FIGCAST_REPLAY__SPEED: replay.speed does nothing, as the source \
                is sim\n";
    assert!(said.ends_with(note), "{said}");
    let record = |source: &str| {
        check(figcast().env("FIGCAST_HISTORY__RECORD", "true").env("FIGCAST_SOURCE__NAME", source))
    };
    assert!(record("sim").contains("history.record does nothing, as the source is sim"));
    assert!(!record("yahoo").contains("does nothing"));
    let pale = check(figcast().env("FIGCAST_APPEARANCE__LIGHT__TEXT", "#fffde7"));
    let note = "environment variable FIGCAST_APPEARANCE__LIGHT__TEXT: appearance.light: text and background are \
                nearly equal, with a contrast of 1.0 to 1\n";
    assert!(pale.ends_with(note), "{pale}");
    assert!(!check(figcast().env("FIGCAST_APPEARANCE__LIGHT__TEXT", "#333")).contains("nearly"));
}

#[test]
fn a_server_listens_wherever_it_is_told_to_and_says_where() {
    for (listen, hosts) in [
        ("localhost:0", &["127.0.0.1", "[::1]"][..]),
        (":0", &["127.0.0.1", "[::1]"]),
        ("0", &["127.0.0.1", "[::1]"]),
        ("127.0.0.1:0", &["127.0.0.1"]),
        ("0.0.0.0:0", &["0.0.0.0"]),
    ] {
        let server = Server::listening(&mut figcast(), listen, &[]);
        let addresses: Vec<_> = server.address.split(" and http://").collect();
        let port = addresses[0].rsplit(':').next().expect("a port");
        for address in addresses {
            // A machine without IPv6 has one of them.
            assert!(hosts.iter().any(|host| address == format!("{host}:{port}")), "{address}");
            let mut socket = TcpStream::connect(address).expect("connected");
            socket.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").expect("sent");
            let mut answer = String::new();
            socket.read_to_string(&mut answer).expect("answered");
            assert!(answer.ends_with("ok\n"), "{listen}: {answer}");
        }
    }
}

#[test]
fn a_list_in_the_environment_is_written_with_commas() {
    let allowed = "https://a.example,https://b.example";
    let server = Server::start_as(figcast().env("FIGCAST_SERVER__FRAME_ANCESTORS", allowed), &[]);
    let mut socket = TcpStream::connect(&server.address).expect("connected");
    socket.write_all(b"HEAD /chart/AAPL?embed=1 HTTP/1.0\r\n\r\n").expect("sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("answered");
    assert!(answer.contains("frame-ancestors https://a.example https://b.example\r\n"), "{answer}");
}

#[test]
fn an_unknown_variable_is_refused_by_name() {
    let output = figcast().arg("check-config").env("FIGCAST_HUB__FEDS", "3").output();
    let said = text(&output.expect("started").stderr);
    assert!(said.contains("FIGCAST_HUB__FEDS") && said.contains("unknown field `feds`"), "{said}");
}

#[test]
fn a_figure_that_is_not_described_is_of_the_bars_that_were_recorded() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/replay");
    for (file, pair) in [("quarter_hours.csv", "15m;range=1mo"), ("days.csv", "1d;range=1y")] {
        let output = run(&["figure", "EA", "--file", &format!("EA={folder}/{file}")]);
        let figure: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let view = figure["layout"]["meta"]["view"].as_str().expect("a key");
        assert!(view.starts_with(&format!("EA;interval={pair};")), "{view}");
    }
}

#[test]
fn recorded_bars_are_shown_whole_and_other_symbols_are_not_found() {
    let file = concat!("ACME=", env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/replay/two_days.csv");
    let output = run(&["figure", "ACME", "--file", file]);
    let figure: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(figure["layout"]["meta"]["source"], "replay");
    let whole =
        run(&["bars", "ACME", "range=5d", "interval=1m", "--format", "csv", "--file", file]);
    assert_eq!(text(&whole.stdout).lines().count(), 1 + 5, "a header and every bar");
    let start = run(&[
        "bars",
        "ACME",
        "range=5d",
        "interval=1m",
        "--format",
        "csv",
        "--play",
        "--file",
        file,
    ]);
    assert_eq!(text(&start.stdout).lines().count(), 1 + 1, "played from the first bar on");
    let other = run(&["figure", "AAPL", "--file", file]);
    assert!(text(&other.stderr).contains("recorded are ACME"), "{}", text(&other.stderr));
}

#[test]
fn every_command_and_flag_is_in_the_completions_and_in_the_manual() {
    for shell in ["bash", "zsh", "fish"] {
        let script = text(&run(&["completions", shell]).stdout);
        for word in ["doctor", "check-config", "log-format"] {
            assert!(script.contains(word), "{word} is missing for {shell}");
        }
    }
    let page = text(&run(&["man"]).stdout);
    assert!(page.contains(".TH figcast 1") && page.contains("figcast\\-serve"), "{page}");
    let folder = tempfile::tempdir().expect("a folder");
    assert!(run(&["man", folder.path().to_str().expect("text")]).status.success());
    let page = std::fs::read_to_string(folder.path().join("figcast-doctor.1")).expect("a page");
    assert!(page.contains("restart") && page.contains("origin"), "{page}");
}

#[test]
fn a_server_that_answers_is_alive_and_nobody_is_not() {
    let mut server = Server::start(&[]);
    let url = format!("http://{}/healthz", server.address);
    assert!(run(&["alive", &url]).status.success());
    assert!(!run(&["alive", &url.replace("healthz", "figure/NOPE")]).status.success());
    server.terminate();
    server.child.wait().expect("ended");
    let output = run(&["alive", &url]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
}
