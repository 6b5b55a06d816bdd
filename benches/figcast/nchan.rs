//! nchan, the publish-and-subscribe module of nginx, when it is installed (Debian: `nginx-light` and
//! `libnginx-mod-nchan`).

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::process::Process;
use crate::recording::Recording;

const NGINX: &str = "/usr/sbin/nginx";
const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";
const CONFIGURATION: &str = "nginx.conf";
/// Longest wait for nginx to listen, and to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why it cannot be measured, if it cannot.
pub fn missing() -> Option<String> {
    let missing = [NGINX, MODULE].into_iter().find(|file| !Path::new(file).exists())?;
    Some(format!("there is no {missing} (apt-get install nginx-light libnginx-mod-nchan)"))
}

/// Publishes a recording, an event a period, until it is dropped; nginx stops with it.
pub struct Publisher {
    nginx: PathBuf,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<anyhow::Result<()>>>,
}

/// Starts nginx with one worker, as it is written by hand for one channel, and a publisher. Text goes
/// out through `EventSource` subscribers, what is compressed through raw chunks.
pub fn start(
    recording: &Recording,
    period: Duration,
) -> anyhow::Result<(Process, SocketAddr, Publisher)> {
    let is_text = recording.events().iter().all(|event| event.starts_with(b"id: "));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nchan");
    fs::create_dir_all(&folder)?;
    // nginx cannot tell which port it took, so it is given one that was free a moment ago.
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let subscriber = if is_text { "eventsource" } else { "http-chunked" };
    fs::write(folder.join(CONFIGURATION), configuration(&folder, address, subscriber))?;
    let process = Process::spawn(&mut nginx(&folder))?;
    let until = Instant::now() + PATIENCE;
    while TcpStream::connect(address).is_err() {
        ensure!(Instant::now() < until, "nginx does not listen: see {}", folder.display());
        sleep(Duration::from_millis(20));
    }
    let publisher = Publisher::start(folder, recording, is_text, address, period);
    Ok((process, address, publisher))
}

/// nginx with everything it reads and writes in one folder.
fn nginx(folder: &Path) -> Command {
    let mut nginx = Command::new(NGINX);
    nginx.arg("-p").arg(folder).arg("-c").arg(folder.join(CONFIGURATION));
    nginx.arg("-e").arg(folder.join("error.log"));
    nginx
}

fn configuration(folder: &Path, address: SocketAddr, subscriber: &str) -> String {
    let folder = folder.display();
    format!(
        "load_module {MODULE};
daemon off;
user root;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_processes 1;
worker_rlimit_nofile 20000;
events {{ worker_connections 19990; }}
http {{
    access_log off;
    client_max_body_size 4m;
    client_body_buffer_size 4m;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    nchan_shared_memory_size 64M;
    server {{
        listen {address} backlog=4096;
        location = /publish {{
            nchan_publisher;
            nchan_channel_id bench;
            nchan_message_buffer_length 1;
        }}
        location / {{
            nchan_subscriber {subscriber};
            nchan_channel_id bench;
            nchan_subscriber_first_message newest;
        }}
    }}
}}
"
    )
}

impl Publisher {
    fn start(
        nginx: PathBuf,
        recording: &Recording,
        is_text: bool,
        address: SocketAddr,
        period: Duration,
    ) -> Self {
        let bodies: Vec<Vec<u8>> = recording
            .events()
            .iter()
            .map(|event| if is_text { data(event).to_vec() } else { event.clone() })
            .collect();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = spawn(move || {
            for body in bodies.iter().cycle() {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                publish(address, body)?;
                sleep(period);
            }
            Ok(())
        });
        Self { nginx, stop, thread: Some(thread) }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // What it could not publish was missed by the subscribers, who say so.
            let _ = thread.join();
        }
        // A worker outlives a master that is killed, so the master is asked to end, and given the time:
        // its last act is to remove this file.
        let _ = nginx(&self.nginx).args(["-s", "stop"]).status();
        let until = Instant::now() + PATIENCE;
        while self.nginx.join("nginx.pid").exists() && Instant::now() < until {
            sleep(Duration::from_millis(10));
        }
    }
}

/// The data of an event of text: nchan writes the id and the framing itself.
fn data(event: &[u8]) -> &[u8] {
    let mark = b"data: ";
    let start = event.windows(mark.len()).position(|part| part == mark);
    event[start.map_or(0, |start| start + mark.len())..].trim_ascii_end()
}

fn publish(address: SocketAddr, body: &[u8]) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    let length = body.len();
    let head = format!(
        "POST /publish HTTP/1.1\r\nHost: bench\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.lines().next().context("nginx says nothing")?;
    ensure!(status.contains(" 20"), "nginx does not publish: {status}");
    Ok(())
}
