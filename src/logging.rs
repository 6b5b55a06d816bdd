//! The log: lines on stderr, written by a thread of its own, so that serving and stopping never wait for
//! their reader. Lines that find the queue full are dropped and counted.
//!
//! This is also the one place that bounds what a client can have written, by two rules for every line from
//! `info` up. It is shorter than 300 bytes. And a client, or a module of the program where no client is
//! named ([`caused_by`]), has a line a second after a burst; what is left out is counted, and told with the
//! next line. A module whose lines are shown from `debug` up is not bounded: somebody wants to see it all.

mod budget;
mod form;
mod line;
mod queue;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::Cell;
use std::io::{self, IsTerminal as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{env, panic, thread};

use budget::{Budgets, Subject};
use env_logger::{Builder, Env, Logger, Target, WriteStyle};
use log::{Level, Log, Metadata, Record};
use prometheus_client::metrics::counter::Counter;
use queue::{Inlet, Queue};

pub use form::LogFormat;
pub use line::listed;

use crate::shares::Client;

/// The server library's start-up lines say nothing that ours do not.
const DEFAULT_FILTER: &str = "info,actix_server=warn";
/// The library that reads requests. What it calls errors is what clients send: bad HTTP, or half of it.
const CLIENTS_MISTAKES: &str = "actix_http";
/// The target of the access log's lines. A server that was told to write one for each request writes one for each.
pub const ACCESS: &str = "figcast::access";
/// How often left out lines are looked for whose client has fallen silent.
const SWEEP: Duration = Duration::from_secs(5);

thread_local! {
    static CLIENT: Cell<Option<Client>> = const { Cell::new(None) };
}

/// Logs lines that a client can cause at will, and so counts them against it.
pub fn caused_by(client: Option<Client>, log: impl FnOnce()) {
    let before = CLIENT.replace(client);
    log();
    CLIENT.set(before);
}

/// The running log.
#[derive(Debug)]
pub struct Logging(Arc<Journal>);

impl Logging {
    /// Takes over `log`'s lines and the messages of panics, and writes them as `format`. `RUST_LOG` and
    /// `RUST_LOG_STYLE` are read.
    ///
    /// # Errors
    /// When the machine has no thread left, or there is a log already.
    pub fn start(format: LogFormat) -> anyhow::Result<Self> {
        let queue = Arc::new(Queue::new(format));
        let mut builder = Builder::from_env(Env::default().default_filter_or(DEFAULT_FILTER));
        builder.target(Target::Pipe(Box::new(Inlet(Arc::clone(&queue)))));
        if format == LogFormat::Json {
            builder.format(form::write_json);
        } else if is_colored() {
            builder.write_style(WriteStyle::Always);
        }
        let journal = Arc::new(Journal {
            logger: builder.build(),
            budgets: Mutex::default(),
            is_bounded: AtomicBool::new(false),
            format,
            queue,
        });
        log::set_boxed_logger(Box::new(Arc::clone(&journal)))?;
        log::set_max_level(journal.logger.filter());
        let writer = Arc::clone(&journal);
        thread::Builder::new().name("log".to_owned()).spawn(move || writer.write())?;
        let panicking = Arc::clone(&journal);
        panic::set_hook(Box::new(move |panic| panicking.tell_panic(panic)));
        Ok(Self(journal))
    }

    /// From now on there are clients, whose lines are bounded; the dropped ones are counted in `dropped`.
    pub fn serve(&self, dropped: &Counter) {
        self.0.is_bounded.store(true, Ordering::Relaxed);
        self.0.queue.count_in(dropped);
    }

    /// Says something that is no line of the log, such as why the program ends.
    pub fn say(&self, text: &str) {
        self.0.queue.push(self.0.format.line(Level::Error, text));
    }

    /// Writes what waits, but does not wait for its reader for longer than `patience`.
    pub fn finish(&self, patience: Duration) {
        self.0.tell_left_out(Budgets::settle);
        self.0.queue.drain(patience);
    }
}

#[derive(Debug)]
struct Journal {
    /// Filters and formats.
    logger: Logger,
    budgets: Mutex<Budgets>,
    /// Whether there are clients.
    is_bounded: AtomicBool,
    format: LogFormat,
    queue: Arc<Queue>,
}

impl Journal {
    /// Writes lines for as long as the process lives.
    fn write(&self) {
        loop {
            self.queue.write_for(SWEEP, &mut io::stderr());
            self.tell_left_out(|budgets| budgets.sweep(Instant::now()));
        }
    }

    /// How many lines were left out before this one, if it may be written.
    fn admit(&self, record: &Record<'_>) -> Option<u64> {
        let is_wanted = || {
            let debug = Metadata::builder().level(Level::Debug).target(record.target()).build();
            self.logger.enabled(&debug)
        };
        if record.target() == ACCESS {
            return Some(0);
        }
        if record.level() > Level::Info || !self.is_bounded.load(Ordering::Relaxed) || is_wanted() {
            return Some(0);
        }
        let module = || Subject::Module(record.target().to_owned());
        let subject = CLIENT.get().map_or_else(module, Subject::Client);
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        budgets.spend(subject, Instant::now())
    }

    fn tell_left_out(&self, take: impl FnOnce(&mut Budgets) -> Vec<(Subject, u64)>) {
        let left_out = take(&mut self.budgets.lock().unwrap_or_else(PoisonError::into_inner));
        for (subject, count) in left_out {
            let metadata = Metadata::builder().level(Level::Info).target(module_path!()).build();
            let args = format_args!("{count} more lines of {subject} were left out");
            self.logger.log(&Record::builder().metadata(metadata).args(args).build());
        }
    }

    /// As the standard library tells it, but without waiting for stderr.
    fn tell_panic(&self, panic: &panic::PanicHookInfo<'_>) {
        let thread = thread::current();
        log::error!("thread {:?}: {panic}", thread.name().unwrap_or_default());
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            self.queue.push(self.format.line(Level::Error, &backtrace.to_string()));
        }
    }
}

impl Log for Journal {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.logger.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        let is_mistake = record.target().starts_with(CLIENTS_MISTAKES);
        let level = if is_mistake { record.level().max(Level::Debug) } else { record.level() };
        let metadata = Metadata::builder().level(level).target(record.target()).build();
        if !self.logger.enabled(&metadata) {
            return;
        }
        let Some(left_out) = self.admit(record) else { return };
        let line = if level > Level::Info {
            record.args().to_string()
        } else {
            line::short(&record.args().to_string(), record.target(), left_out)
        };
        self.logger.log(&Record::builder().metadata(metadata).args(format_args!("{line}")).build());
    }

    fn flush(&self) {}
}

/// Whether lines are coloured: on a terminal, unless a variable says otherwise.
fn is_colored() -> bool {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|set| set == value);
    let is_chosen = is("RUST_LOG_STYLE", "always") || is("RUST_LOG_STYLE", "never");
    let is_plain = env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty()) || is("TERM", "dumb");
    !is_chosen && !is_plain && io::stderr().is_terminal()
}
