//! What the system says of this process, under the names that every exporter of Prometheus uses for it. The
//! files of Linux are read when somebody asks for metrics; other systems show none of these.

use std::fmt;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Parts of a second that Linux counts the time of programs in, on every architecture.
const TICKS: f64 = 100.0;

/// Memory, descriptors and CPU of this process.
#[derive(Debug)]
pub struct ProcessCollector {
    /// When metrics were first counted, seconds since 1970: within milliseconds of the start of the process.
    started: f64,
}

/// What the files of Linux say.
#[derive(Debug, PartialEq)]
struct ProcessUsage {
    cpu_seconds: f64,
    threads: i64,
    virtual_bytes: i64,
    resident_bytes: i64,
}

impl Default for ProcessCollector {
    fn default() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { started: since.as_secs_f64() }
    }
}

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let usage = usage();
        if let Some(usage) = &usage {
            let seconds = ConstCounter::new(usage.cpu_seconds);
            let help = "CPU time that this process has used, of programs and of the kernel.";
            let kind = seconds.metric_type();
            seconds.encode(encoder.encode_descriptor(
                "process_cpu_seconds",
                help,
                None,
                kind,
            )?)?;
        }
        let descriptors = fs::read_dir("/proc/self/fd").ok().map(Iterator::count);
        let limit = rlimit::getrlimit(rlimit::Resource::NOFILE).ok().map(|(soft, _)| soft);
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let gauges = [
            (
                "process_open_fds",
                "Descriptors that are open.",
                descriptors.map(|n| whole(n as u64)),
            ),
            ("process_max_fds", "Descriptors that may be open.", limit.map(whole)),
            ("process_threads", "Threads.", usage.as_ref().map(|usage| usage.threads)),
            (
                "process_virtual_memory_bytes",
                "Address space that is in use.",
                usage.as_ref().map(|usage| usage.virtual_bytes),
            ),
            (
                "process_resident_memory_bytes",
                "Memory that is in use.",
                usage.as_ref().map(|usage| usage.resident_bytes),
            ),
        ];
        for (name, help, value) in gauges {
            let Some(value) = value else { continue };
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        let started = ConstGauge::new(self.started);
        let help = "When this process began, in seconds since 1970.";
        let kind = started.metric_type();
        started.encode(encoder.encode_descriptor("process_start_time_seconds", help, None, kind)?)
    }
}

fn usage() -> Option<ProcessUsage> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let status = fs::read_to_string("/proc/self/status").ok()?;
    read(&stat, &status)
}

/// Reads `/proc/self/stat` and `/proc/self/status` (proc(5)).
fn read(stat: &str, status: &str) -> Option<ProcessUsage> {
    // The name before the last bracket may hold anything. The first field behind it is the third.
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<i64>().ok();
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: i64 = kilobytes.split_ascii_whitespace().next()?.parse().ok()?;
    Some(ProcessUsage {
        cpu_seconds: (field(14)? + field(15)?) as f64 / TICKS,
        threads: field(20)?,
        virtual_bytes: field(23)?,
        resident_bytes: kilobytes * 1_024,
    })
}

#[cfg(test)]
mod tests {
    use super::{ProcessUsage, read};

    #[test]
    fn the_files_of_linux_are_read_whatever_the_program_is_called() {
        let stat = "7 (fig) cast)) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 123456 987654321 3000 0";
        let status = "Name:\tfigcast\nVmPeak:\t 99 kB\nVmRSS:\t   12345 kB\nThreads:\t9\n";
        let expected = ProcessUsage {
            cpu_seconds: 3.0,
            threads: 9,
            virtual_bytes: 987_654_321,
            resident_bytes: 12_641_280,
        };
        assert_eq!(read(stat, status), Some(expected));
        assert_eq!(read("", ""), None);
        assert_eq!(read("7 (x) S 1", status), None);
    }
}
