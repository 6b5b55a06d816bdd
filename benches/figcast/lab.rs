//! actix-web-lab's `Sse` responder, as one would write it: an event that every subscriber formats.

use std::convert::Infallible;
use std::env::current_exe;
use std::io::stdin;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::Duration;

use actix_web::web::{self, Data};
use actix_web::{App, HttpServer, Responder, rt};
use actix_web_lab::sse::{self, Event, Sse};
use clap::Args;
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::interval;

use crate::process::Process;
use crate::recording::Recording;

/// The command that makes this program the responder's process.
pub const NAME: &str = "lab-process";

/// What the responder adds to the text of an event.
const FRAMING: usize = "data: \n\n".len();

/// What the process is told.
#[derive(Debug, Args)]
pub struct Lab {
    /// Time between two events in milliseconds
    #[arg(long)]
    period: u64,
}

/// The newest event, for every subscriber to format.
type Latest = watch::Receiver<Option<Event>>;

/// Starts the process, which sends texts as long as the events of `recording`.
pub fn start(recording: &Recording, period: Duration) -> anyhow::Result<(Process, SocketAddr)> {
    let mut command = Command::new(current_exe()?);
    command.args([NAME, "--period", &period.as_millis().to_string()]);
    let (process, line) = Process::start(&mut command, &recording.to_bytes())?;
    Ok((process, line.parse()?))
}

/// The process itself. A responder of text cannot send what is compressed: of that it sends as many
/// letters.
pub fn run(lab: &Lab) -> anyhow::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let recording = Recording::read(stdin().lock())?;
    let events = recording.events().iter();
    let texts = events.map(|event| "x".repeat(event.len().saturating_sub(FRAMING)));
    let events: Vec<Event> = texts.map(|text| sse::Data::new(text).into()).collect();
    let period = Duration::from_millis(lab.period);
    rt::System::new().block_on(async move {
        let (sender, latest) = watch::channel(None);
        let routes = move || {
            App::new().app_data(Data::new(latest.clone())).default_service(web::get().to(subscribe))
        };
        let server = HttpServer::new(routes).backlog(4_096).bind((Ipv4Addr::LOCALHOST, 0))?;
        crate::print(&server.addrs()[0].to_string())?;
        rt::spawn(async move {
            let mut ticks = interval(period);
            for event in events.iter().cycle() {
                ticks.tick().await;
                sender.send_replace(Some(event.clone()));
            }
        });
        Ok(server.run().await?)
    })
}

async fn subscribe(latest: Data<Latest>) -> impl Responder {
    Sse::from_stream(stream::unfold(latest.get_ref().clone(), |mut latest| async move {
        latest.changed().await.ok()?;
        let event = latest.borrow_and_update().clone()?;
        Some((Ok::<_, Infallible>(event), latest))
    }))
}
