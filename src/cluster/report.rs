//! What `figcast cluster status` prints: the nodes, and which of them leads each series.

use std::fmt::Write as _;

use redis::aio::MultiplexedConnection;
use redis::streams::StreamRangeReply;
use redis::{Cmd, FromRedisValue};

use super::beat::{NodeBeat, keys_of};
use super::error::ClusterError;
use super::lease::epoch_of;
use super::link::{PATIENCE, RedisLink};
use crate::config::ClusterConfig;

/// Keys that are looked at in one step of a search.
const STEP: usize = 1_000;

/// A series that a node leads.
struct LedSeries {
    /// Source, symbol, grain and depth.
    name: String,
    leader: String,
    epoch: i64,
    /// Seconds since its newest entry, if there is one.
    age: Option<f64>,
}

/// The state of the cluster, as a table.
///
/// # Errors
/// [`ClusterError`] when Redis does not answer.
pub async fn report(config: &ClusterConfig) -> Result<String, ClusterError> {
    let link = RedisLink::new(config)?;
    let mut redis = AskedRedis { connection: link.connect(PATIENCE).await?, link: &link };
    let (seconds, micros): (i64, i64) = redis.ask(&redis::cmd("TIME")).await?;
    let now = seconds.saturating_mul(1_000).saturating_add(micros / 1_000);
    let mut nodes = Vec::new();
    for key in redis.keys(&format!("{}*", keys_of(&config.prefix))).await? {
        let text: Option<String> = redis.ask(redis::cmd("GET").arg(key)).await?;
        nodes.extend(text.and_then(|text| serde_json::from_str::<NodeBeat>(&text).ok()));
    }
    nodes.sort_by(|a, b| a.host.cmp(&b.host));
    let mut series = Vec::new();
    for key in redis.keys(&format!("{}:{{*}}:lease", config.prefix)).await? {
        series.extend(redis.series(&key, now).await?);
    }
    series.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(table(&nodes, &series, now))
}

/// A connection that is asked one thing after the other.
struct AskedRedis<'a> {
    connection: MultiplexedConnection,
    link: &'a RedisLink,
}

impl AskedRedis<'_> {
    async fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> Result<T, ClusterError> {
        let answer = command.query_async(&mut self.connection).await;
        answer.map_err(|error| self.link.failed(&error))
    }

    /// The keys that match a pattern.
    async fn keys(&mut self, pattern: &str) -> Result<Vec<String>, ClusterError> {
        let (mut cursor, mut keys) = (0_u64, Vec::new());
        loop {
            let mut command = redis::cmd("SCAN");
            command.arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(STEP);
            let (next, found): (u64, Vec<String>) = self.ask(&command).await?;
            keys.extend(found);
            cursor = next;
            if cursor == 0 {
                keys.sort();
                keys.dedup();
                return Ok(keys);
            }
        }
    }

    /// The series of a lease, if it still holds.
    async fn series(&mut self, lease: &str, now: i64) -> Result<Option<LedSeries>, ClusterError> {
        let holder: Option<String> = self.ask(redis::cmd("GET").arg(lease)).await?;
        let Some((leader, epoch)) = holder
            .as_deref()
            .and_then(|holder| Some((holder.split_once(' ')?.0.to_owned(), epoch_of(holder)?)))
        else {
            return Ok(None);
        };
        let series = lease.trim_end_matches(":lease");
        let mut command = redis::cmd("XREVRANGE");
        command.arg(format!("{series}:tail")).arg("+").arg("-").arg("COUNT").arg(1);
        let newest: StreamRangeReply = self.ask(&command).await?;
        let at = newest.ids.first().and_then(|entry| entry.get::<i64>("at"));
        let age = at.map(|at| now.saturating_sub(at / 1_000).max(0));
        let age = age.map(|millis| f64::from(u32::try_from(millis).unwrap_or(u32::MAX)) / 1e3);
        let name = series.split_once('{').map_or(series, |(_, name)| name.trim_end_matches('}'));
        Ok(Some(LedSeries { name: name.to_owned(), leader, epoch, age }))
    }
}

fn table(nodes: &[NodeBeat], series: &[LedSeries], now: i64) -> String {
    let mut text = String::new();
    // Memory takes any text.
    let _ = writeln!(
        text,
        "{:<18}{:<28}{:<10}{:>6}{:>9}  BEAT",
        "NODE", "HOST/PROCESS", "RELEASE", "LEADS", "FOLLOWS"
    );
    for NodeBeat { node, host, release, leads, follows, at } in nodes {
        let age = now.saturating_sub(*at).max(0);
        let _ = writeln!(
            text,
            "{node:<18}{host:<28}{release:<10}{leads:>6}{follows:>9}  {}.{} s ago",
            age / 1_000,
            age % 1_000 / 100
        );
    }
    let _ = writeln!(text, "\n{:<36}{:<18}{:<15}NEWEST CHANGE", "SERIES", "LEADER", "EPOCH");
    for LedSeries { name, leader, epoch, age } in series {
        let age = age.map_or_else(|| "none yet".to_owned(), |age| format!("{age:.1} s ago"));
        let _ = writeln!(text, "{name:<36}{leader:<18}{epoch:<15}{age}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{LedSeries, NodeBeat, table};

    #[test]
    fn nodes_and_series_are_a_table() {
        let node = NodeBeat {
            node: "5d2c0f9ab1e47a36".to_owned(),
            host: "chart-1/812".to_owned(),
            release: "0.1.0".to_owned(),
            leads: 1,
            follows: 12,
            at: 1_787_875_199_400,
        };
        let series = LedSeries {
            name: "yahoo:AAPL:1m/5d".to_owned(),
            leader: node.node.clone(),
            epoch: 1_787_875_100_000,
            age: Some(0.25),
        };
        insta::assert_snapshot!(table(&[node], &[series], 1_787_875_200_000));
    }
}
