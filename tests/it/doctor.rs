//! `figcast doctor`, before servers behind proxies that are set up wrongly on purpose, and on a machine.

mod certificate;
mod credentials;

use std::fmt::Write as _;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::PATIENCE;
use crate::support::process::{Server, figcast, text};

/// A proxy in a folder of its own; killed at its end.
struct Proxy {
    child: Child,
    _folder: TempDir,
}

impl Proxy {
    /// Starts `program` if it is installed, and waits until it listens on `ports`.
    fn start(
        program: &str,
        args: impl FnOnce(&Path) -> Vec<String>,
        config: &str,
        ports: &[u16],
    ) -> Option<Self> {
        if !Path::new(program).exists() {
            println!("left out: there is no {program}");
            return None;
        }
        let folder = TempDir::new().expect("a folder");
        let file = folder.path().join("proxy.conf");
        let here = folder.path().display().to_string();
        fs::write(&file, config.replace("FOLDER", &here)).expect("written");
        let mut command = Command::new(program);
        command.args(args(&file)).current_dir(&folder).env("HOME", folder.path());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("started");
        let mut proxy = Self { child, _folder: folder };
        let deadline = Instant::now() + PATIENCE;
        for port in ports {
            while TcpStream::connect(("127.0.0.1", *port)).is_err() {
                let ended = proxy.child.try_wait().expect("asked");
                assert!(ended.is_none(), "{program} ended: {ended:?}");
                assert!(Instant::now() < deadline, "{program} does not listen");
                thread::sleep(Duration::from_millis(20));
            }
        }
        Some(proxy)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // nginx leaves its worker where it is killed.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn free_ports<const N: usize>() -> [u16; N] {
    let held = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").expect("bound"));
    held.map(|listener| listener.local_addr().expect("an address").port())
}

/// nginx with one server per line of settings.
fn nginx(upstream: &str, servers: &[(u16, &str)]) -> Option<Proxy> {
    let mut config =
        "worker_processes 1; pid FOLDER/pid; error_log stderr; events {}\nhttp { access_log off;\n"
            .to_owned();
    for name in ["client_body", "proxy", "fastcgi", "scgi", "uwsgi"] {
        let _ = writeln!(config, "{name}_temp_path FOLDER/{name};");
    }
    for (port, settings) in servers {
        let _ = writeln!(
            config,
            "server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://{upstream}; {settings} }} }}"
        );
    }
    config += "}\n";
    let ports: Vec<_> = servers.iter().map(|(port, _)| *port).collect();
    let args = |file: &Path| {
        let file = file.display().to_string();
        ["-c", &file, "-e", "stderr", "-g", "daemon off;"].map(str::to_owned).into()
    };
    Proxy::start("/usr/sbin/nginx", args, &config, &ports)
}

/// Has nginx collect what it passes on.
const BUFFERED: &str = "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;";
/// Has it compress streams.
const GZIPPED: &str = "proxy_http_version 1.1; gzip_types text/event-stream;";

/// The doctor before the server at a port, on its way.
fn asked(port: u16, args: &[&str]) -> Child {
    asked_with(&format!("http://127.0.0.1:{port}"), args, &[])
}

/// The same at any address, with variables.
fn asked_with(url: &str, args: &[&str], variables: &[(&str, &str)]) -> Child {
    let mut command = figcast();
    command.args(["doctor", url, "--json"]).args(args).envs(variables.iter().copied());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started")
}

/// What was found, by check.
fn found(doctor: Child) -> Vec<(String, String, String)> {
    let output = doctor.wait_with_output().expect("ended");
    let said = text(&output.stdout);
    let findings: Vec<Value> = serde_json::from_str(&said)
        .unwrap_or_else(|error| panic!("{error}: {said}{}", text(&output.stderr)));
    let of = |finding: &Value, key: &str| finding[key].as_str().expect("text").to_owned();
    let findings: Vec<_> = findings
        .iter()
        .map(|finding| (of(finding, "check"), of(finding, "verdict"), of(finding, "found")))
        .collect();
    let is_wrong = findings.iter().any(|(_, verdict, _)| verdict == "wrong");
    assert_eq!(output.status.code(), Some(i32::from(is_wrong)), "{findings:?}");
    findings
}

/// The checks that have found something wrong.
fn wrong(findings: &[(String, String, String)]) -> Vec<&str> {
    let wrong = findings.iter().filter(|(_, verdict, _)| verdict == "wrong");
    wrong.map(|(check, ..)| check.as_str()).collect()
}

/// Checks that the doctor finds just what is wrong at each port.
fn assert_found(servers: &[(u16, &str, &[&str])]) {
    let doctors: Vec<_> =
        servers.iter().map(|(port, ..)| asked(*port, &["--for", "20s"])).collect();
    for ((_, name, expected), doctor) in servers.iter().zip(doctors) {
        let findings = found(doctor);
        // Whether a compressed figure fills a buffer of nginx, which then passes it on, depends on its length.
        let is_chance =
            |check: &str| name.ends_with("HTTP/1.0") && ["gzip", "zstd"].contains(&check);
        let found: Vec<_> =
            wrong(&findings).into_iter().filter(|check| !is_chance(check)).collect();
        assert_eq!(found, *expected, "{name}: {findings:#?}");
    }
}

#[test]
fn nothing_is_wrong_with_a_server_that_nothing_is_in_front_of() {
    let server = Server::start(&[]);
    let port = server.address.rsplit_once(':').expect("a port").1.parse().expect("a number");
    let findings = found(asked(port, &["--for", "19s", "--origin", "https://example.com"]));
    assert!(findings.iter().all(|(_, verdict, _)| verdict == "ok"), "{findings:#?}");
    let checks: Vec<_> = findings.iter().map(|(check, ..)| check.as_str()).collect();
    let expected = "address http clock identity first event buffering gzip zstd heartbeat cut last-event-id cors";
    assert_eq!(checks.join(" "), expected);
}

#[test]
fn each_mistake_of_an_nginx_is_found_and_nothing_else() {
    let server = Server::start(&[]);
    let [fine, late, buffered, twice, gzip, cut, nameless, cors, own] = free_ports();
    let Some(_nginx) = nginx(
        &server.address,
        &[
            (fine, "proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 60s;"),
            (late, &format!("proxy_http_version 1.1; {BUFFERED}")),
            (buffered, BUFFERED),
            (gzip, &format!("{BUFFERED} proxy_set_header Accept-Encoding ''; gzip on; {GZIPPED}")),
            (twice, &format!("proxy_hide_header Content-Encoding; gzip on; {GZIPPED}")),
            (cut, "proxy_http_version 1.1; proxy_read_timeout 7s;"),
            (nameless, "proxy_http_version 1.1; proxy_set_header Last-Event-ID \"\";"),
            (cors, "proxy_http_version 1.1; add_header Access-Control-Allow-Origin *;"),
            (own, "auth_basic charts; auth_basic_user_file /dev/null;"),
        ],
    ) else {
        return;
    };
    assert_found(&[
        (fine, "as it should be", &[]),
        (late, "buffered, in HTTP/1.1", &["buffering"]),
        (buffered, "buffered, in HTTP/1.0", &["buffering", "heartbeat"]),
        (gzip, "compressed by the proxy", &["buffering", "gzip"]),
        (twice, "compressed twice", &["gzip", "zstd"]),
        (cut, "cut after 7 s", &["cut"]),
        (nameless, "Last-Event-ID is not passed on", &["last-event-id"]),
        (cors, "CORS twice", &["cors"]),
        (own, "asks for a password of its own", &["address"]),
    ]);
}

#[test]
fn mistakes_of_haproxy_are_found() {
    let server = Server::start(&[]);
    let [fine, cut, lost] = free_ports();
    let upstream = &server.address;
    let front = |name: &str, port: u16, settings: &str| {
        format!(
            "listen {name}\n  bind 127.0.0.1:{port}\n  server a {upstream}\n  option http-no-delay\n  {settings}\n"
        )
    };
    let config = [
        "defaults\n  mode http\n  timeout connect 2s\n  timeout client 60s\n  timeout server 60s\n"
            .to_owned(),
        front("fine", fine, ""),
        front("cut", cut, "timeout server 6s"),
        front(
            "lost",
            lost,
            "http-request del-header Last-Event-ID\n  http-response del-header Access-Control-Allow-Origin",
        ),
    ];
    let args = |path: &Path| {
        ["-db", "-f"].map(str::to_owned).into_iter().chain([path.display().to_string()]).collect()
    };
    let ports = [fine, cut, lost];
    let Some(_haproxy) = Proxy::start("/usr/sbin/haproxy", args, &config.concat(), &ports) else {
        return;
    };
    assert_found(&[
        (fine, "as it should be", &[]),
        (cut, "cut after 6 s", &["cut"]),
        (lost, "headers are taken away", &["last-event-id"]),
    ]);
    let findings = found(asked(lost, &["--for", "2s", "--origin", "https://example.com"]));
    assert_eq!(wrong(&findings), ["last-event-id", "cors"], "{findings:#?}");
}

#[test]
fn mistakes_of_caddy_are_found() {
    let server = Server::start(&[]);
    let [fine, buffered, stripped] = free_ports();
    let upstream = &server.address;
    let config = format!(
        "{{\n admin off\n auto_https off\n storage file_system FOLDER\n}}\n\
         http://127.0.0.1:{fine} {{\n reverse_proxy {upstream}\n}}\n\
         http://127.0.0.1:{buffered} {{\n reverse_proxy {upstream} {{\n  buffer_responses\n }}\n}}\n\
         http://127.0.0.1:{stripped} {{\n reverse_proxy {upstream} {{\n  header_down -Content-Encoding\n }}\n}}\n"
    );
    let args = |path: &Path| {
        let path = path.display().to_string();
        ["run", "--adapter", "caddyfile", "--config", &path].map(str::to_owned).into()
    };
    let ports = [fine, buffered, stripped];
    let Some(_caddy) = Proxy::start("/usr/bin/caddy", args, &config, &ports) else { return };
    assert_found(&[
        (fine, "as it should be", &[]),
        (buffered, "buffered", &["stream"]),
        (stripped, "Content-Encoding is taken away", &["gzip", "zstd"]),
    ]);
}

#[test]
fn a_proxy_that_reaches_no_server_and_one_that_answers_502_at_a_restart_are_told() {
    let [port, nobody] = free_ports();
    let Some(_nginx) = nginx(&format!("127.0.0.1:{nobody}"), &[(port, "")]) else { return };
    let findings = found(asked(port, &[]));
    let (check, _, told) = &findings[0];
    assert!(check == "address" && told.contains("a proxy answers 502"), "{findings:?}");
    let mut before = Server::listening(&mut figcast(), &format!("127.0.0.1:{nobody}"), &[]);
    let mut doctor = asked(port, &["--for", "4s", "--restart"]);
    let mut said = BufReader::new(doctor.stderr.take().expect("piped")).lines();
    assert!(said.next().expect("a line").expect("text").contains("restart the server now"));
    // The stream that is read until the restart is the only one by then.
    let deadline = Instant::now() + PATIENCE;
    while (before.metric("figcast_streams") - 1.0).abs() > 0.5 {
        assert!(Instant::now() < deadline, "no stream is read");
        thread::sleep(Duration::from_millis(20));
    }
    before.terminate();
    before.child.wait().expect("ended");
    thread::sleep(Duration::from_millis(500));
    let _after = Server::listening(&mut figcast(), &format!("127.0.0.1:{nobody}"), &[]);
    let findings = found(doctor);
    let (check, verdict, told) = findings.last().expect("findings");
    assert_eq!((&**check, &**verdict), ("restart", "wrong"), "{findings:#?}");
    assert!(told.contains("clients were answered 502"), "{told}");
}

fn on_this_machine(config: &str) -> (Option<i32>, String) {
    let folder = TempDir::new().expect("a folder");
    let file: PathBuf = folder.path().join("figcast.toml");
    fs::write(&file, config).expect("written");
    let mut command = figcast();
    let output = command.args(["doctor", "--config"]).arg(&file).current_dir(&folder).output();
    let output = output.expect("started");
    (output.status.code(), text(&output.stdout))
}

#[test]
fn a_machine_is_looked_at_without_an_address() {
    let held = TcpListener::bind("127.0.0.1:0").expect("bound");
    let taken = held.local_addr().expect("an address");
    let (code, said) = on_this_machine(&format!("[server]\nlisten = \"{taken}\"\n"));
    assert_eq!(code, Some(0), "{said}");
    for part in [
        "ok     configuration",
        "warn   port",
        "is taken (server.listen)",
        "ok     source",
        "sim has bars of ",
    ] {
        assert!(said.contains(part), "{part} is missing in {said}");
    }
    let [nobody] = free_ports();
    let unreachable = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[source]\nname = \"yahoo\"\n[yahoo]\nbase_urls = [\"http://127.0.0.1:{nobody}\"]\n"
    );
    let (code, said) = on_this_machine(&unreachable);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("wrong  source") && said.contains("yahoo has no bars of "), "{said}");
    let (code, said) = on_this_machine("[hub]\nstreams = 100000000000\n[nothing]\n");
    assert_eq!(code, Some(1), "{said}");
    for part in ["wrong  configuration", "nothing", "wrong  descriptors", "100000000000"] {
        assert!(said.contains(part), "{part} is missing in {said}");
    }
    let redis = format!(
        "[cluster]\nredis = \"redis://127.0.0.1:{nobody}\"\n[server]\nlisten = \"127.0.0.1:0\"\n"
    );
    let (code, said) = on_this_machine(&redis);
    assert!(code == Some(1) && said.contains("wrong  redis"), "{said}");
}

#[test]
fn a_clock_that_is_off_is_told_with_how_far() {
    let server = Server::start(&[]);
    let [port] = free_ports();
    let hour_ago = jiff::Timestamp::now().as_second() - 3_600;
    let settings = format!(
        "proxy_http_version 1.1; proxy_buffering off; }} location = /udf/time {{ return 200 \"{hour_ago}\";"
    );
    let Some(_nginx) = nginx(&server.address, &[(port, &settings)]) else { return };
    let findings = found(asked(port, &["--for", "2s"]));
    assert_eq!(wrong(&findings), ["clock"], "{findings:#?}");
    let (.., told) = findings.iter().find(|(check, ..)| check == "clock").expect("a clock");
    let seconds = told.split(' ').find_map(|word| word.parse::<u32>().ok()).expect("a number");
    assert!(told.contains(" behind ") && (3_595..3_700).contains(&seconds), "{told}");
}

/// A proxy that speaks HTTP/1.0 to both sides, one connection after the other.
fn old_proxy(upstream: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect(&upstream).expect("connected");
            thread::spawn(move || pass_on(&client, server));
        }
    });
    port
}

fn pass_on(mut client: &TcpStream, mut server: TcpStream) {
    let mut head = String::new();
    let mut lines = BufReader::new(client);
    while !head.ends_with("\r\n\r\n") && lines.read_line(&mut head).is_ok_and(|read| read > 0) {}
    let head = head.replacen("HTTP/1.1", "HTTP/1.0", 1);
    let _ = server.write_all(head.as_bytes());
    let _ = io::copy(&mut server, &mut client);
    let _ = client.shutdown(std::net::Shutdown::Both);
}

#[test]
fn a_hop_in_http_1_0_is_told() {
    let server = Server::start(&[]);
    let findings = found(asked(old_proxy(server.address.clone()), &["--for", "2s"]));
    assert_eq!(wrong(&findings), ["http"], "{findings:#?}");
}
