//! Cluster: what a Redis between servers costs, and how late a follower has what its leader has. A row per number of
//! servers; the first server leads all series, the others follow them.

mod redis;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::{Args, value_parser};

use crate::load::Load;
use crate::server::{self, Binary};
use crate::target::Target;
use crate::views;
use redis::{Redis, Traffic};

const TICK: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_mins(1);
/// Until the first updates, for which whole series are fetched, are over.
const WARM_UP: Duration = Duration::from_secs(12);
/// How the buckets of the lag begin in `/metrics`.
const LAG: &str = "figcast_cluster_lag_seconds_bucket{le=\"";

/// Servers that share their series over a Redis; needs `redis-server`
#[derive(Debug, Args)]
pub struct Cluster {
    /// Series that have an update a second
    #[arg(long, default_value_t = 250, value_parser = value_parser!(u16).range(1..=5_000))]
    series: u16,
    /// Servers; 0 is one server without Redis
    #[arg(long, value_delimiter = ',', default_value = "0,1,2,3", value_parser = value_parser!(u16).range(0..=16))]
    servers: Vec<u16>,
    /// How long each run is measured, in seconds
    #[arg(long, default_value_t = 20, value_parser = value_parser!(u16).range(1..=600))]
    seconds: u16,
    #[command(flatten)]
    binary: Binary,
}

/// What one run cost, per second where it is a rate.
struct Run {
    delivered: f64,
    leader: f64,
    /// Of one follower, in the mean.
    follower: Option<f64>,
    redis: Option<Traffic>,
    lag: Option<[String; 2]>,
}

impl Cluster {
    /// Runs the benchmark.
    pub fn run(&self) -> anyhow::Result<String> {
        let mut text = format!(
            "### Cluster: {} series, an update a second each, spark lines, {} s\n\n\
             | servers | figures/s | CPU: leader | CPU: one follower | CPU: Redis | commands/s | to Redis | from Redis \
             | memory of Redis | lag p50 | p99 |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
            self.series, self.seconds
        );
        for servers in &self.servers {
            let run = self.measure(*servers).with_context(|| format!("{servers} servers"))?;
            let name = match servers {
                0 => "one without Redis".to_owned(),
                count => count.to_string(),
            };
            let share = |share: f64| format!("{:.1} %", 100.0 * share);
            let [p50, p99] = run.lag.unwrap_or_default();
            write!(
                text,
                "| {name} | {:.0} | {} | {} |",
                run.delivered,
                share(run.leader),
                run.follower.map_or_else(String::new, share),
            )?;
            match run.redis {
                Some(redis) => writeln!(text, " {redis} | {p50} | {p99} |")?,
                None => writeln!(text, " | | | | | | |")?,
            }
        }
        Ok(text)
    }

    fn measure(&self, servers: u16) -> anyhow::Result<Run> {
        let redis = (servers > 0).then(Redis::start).transpose()?;
        let url = redis.as_ref().map(Redis::url);
        let nodes =
            (0..servers.max(1)).map(|_| server::start_node(&self.binary, TICK, url.as_deref()));
        let nodes = nodes.collect::<anyhow::Result<Vec<_>>>()?;
        let requests = views::sparks(self.series);
        let mut load = Load::new(0)?;
        for (node, count) in nodes.iter().zip(1..) {
            load.open(node.address, &requests, count * requests.len(), false, PATIENCE)?;
            // The first server has all leases before another one asks for them.
            load.settle(TICK)?;
        }
        load.run_for(WARM_UP)?;
        load.mark(2, TICK)?;
        let (begun, cpu) = (Instant::now(), cpu(&nodes)?);
        let traffic = redis.as_ref().map(Redis::traffic).transpose()?;
        let lag = lag(&nodes[1..])?;
        load.run_for(Duration::from_secs(self.seconds.into()))?;
        let elapsed = begun.elapsed();
        let due = f64::from(self.series) * nodes.len() as f64;
        let delivered = load.delivered as f64 / elapsed.as_secs_f64();
        ensure!(
            delivered > 0.9 * due,
            "{delivered:.0} of {due:.0} figures a second were delivered"
        );
        let spent = cpu_since(&nodes, &cpu)?;
        let shares: Vec<f64> =
            spent.iter().map(|time| time.as_secs_f64() / elapsed.as_secs_f64()).collect();
        let followers = &shares[1..];
        Ok(Run {
            delivered,
            leader: shares[0],
            follower: (!followers.is_empty())
                .then(|| followers.iter().sum::<f64>() / followers.len() as f64),
            redis: match (&redis, traffic) {
                (Some(redis), Some(before)) => Some(redis.traffic()?.since(&before, elapsed)),
                _ => None,
            },
            lag: lag_since(&nodes[1..], &lag)?,
        })
    }
}

fn cpu(nodes: &[Target]) -> anyhow::Result<Vec<Duration>> {
    nodes.iter().map(|node| node.process.cpu()).collect()
}

fn cpu_since(nodes: &[Target], before: &[Duration]) -> anyhow::Result<Vec<Duration>> {
    let now = cpu(nodes)?;
    Ok(now.iter().zip(before).map(|(now, before)| now.saturating_sub(*before)).collect())
}

/// The cumulative buckets of the lag of all `followers` together, each with its bound as it is written.
fn lag(followers: &[Target]) -> anyhow::Result<Vec<(String, u64)>> {
    let mut all: Vec<(String, u64)> = Vec::new();
    for follower in followers {
        for (place, (bound, count)) in buckets(follower.address)?.into_iter().enumerate() {
            match all.get_mut(place) {
                Some((_, sum)) => *sum += count,
                None => all.push((bound, count)),
            }
        }
    }
    Ok(all)
}

fn buckets(address: SocketAddr) -> anyhow::Result<Vec<(String, u64)>> {
    let page = server::metrics(address)?;
    let lines = page.lines().filter_map(|line| line.strip_prefix(LAG)?.split_once("\"} "));
    lines.map(|(bound, count)| Ok((bound.to_owned(), count.trim().parse()?))).collect()
}

/// The bounds below which half of the lags and 99 % of them are, since `before`.
fn lag_since(
    followers: &[Target],
    before: &[(String, u64)],
) -> anyhow::Result<Option<[String; 2]>> {
    let mut since = lag(followers)?;
    for ((_, count), (_, before)) in since.iter_mut().zip(before) {
        *count -= before;
    }
    let Some((_, all)) = since.last().cloned() else { return Ok(None) };
    let below = |percent: u64| -> anyhow::Result<String> {
        let place = since.iter().find(|(_, count)| count * 100 >= all * percent);
        let (bound, _) = place.context("no bucket")?;
        let Ok(seconds) = bound.parse::<f64>() else { return Ok(bound.clone()) };
        Ok(format!("<= {:.0} ms", 1e3 * seconds))
    };
    Ok(Some([below(50)?, below(99)?]))
}
