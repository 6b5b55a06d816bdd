//! What nodes do in Redis, each in one step: take a lease, write under it, renew it, give it back.
//!
//! A script that writes first compares the lease. So a node that slept through the end of its lease writes nothing.

use std::sync::Arc;
use std::time::Duration;

use redis::Script;
use redis::streams::StreamRangeReply;
use tokio::time::Instant;

use super::error::ClusterError;
use super::form::TailPosition;
use super::keys::SeriesKeys;
use super::lease::{Lease, TERM, epoch_of};
use super::link::RedisLink;
use super::tail::Arrived;

/// Most bytes of a snapshot that are read.
pub const SNAPSHOT_MAX: usize = 16 << 20;
/// How long what nobody leads is kept, for a chart at once when somebody asks again.
const KEPT: Duration = Duration::from_hours(1);
/// How long a node's question stands.
const ASKED: Duration = Duration::from_secs(5);

/// KEYS: lease, tail. ARGV: node, term, an epoch that the new one has to exceed. The epoch is made of the time of
/// Redis, so that it grows even where its data was lost.
const ACQUIRE: &str = r"
local held = redis.call('GET', KEYS[1])
local top = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)
local newest = top[1] and top[1][1] or '0-0'
local epoch = tonumber(ARGV[3])
if held then
  if string.sub(held, 1, #ARGV[1] + 1) ~= ARGV[1] .. ' ' then
    return {0, held, redis.call('PTTL', KEYS[1]), newest}
  end
  epoch = math.max(epoch, tonumber(string.match(held, '%d+$')) or 0)
end
epoch = math.max(epoch, tonumber(string.match(newest, '^%d+')))
local time = redis.call('TIME')
epoch = math.max(epoch + 1, time[1] * 1000 + math.floor(time[2] / 1000))
local holder = ARGV[1] .. ' ' .. string.format('%.0f', epoch)
redis.call('SET', KEYS[1], holder, 'PX', ARGV[2])
return {1, holder, 0, newest}
";

/// KEYS: lease, tail, snapshot. ARGV: holder, term, id, entry, how long it is kept, snapshot or nothing, for how many
/// microseconds the source was not asked for everything or nothing, channel. Where Redis lets nobody publish, the stream
/// has it.
const WRITE: &str = r"
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local at = string.format('%.0f', now)
local refreshed = string.format('%.0f', ARGV[7] == '' and 0 or now - ARGV[7])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', 512, ARGV[3], 'entry', ARGV[4], 'at', at, 'refreshed', refreshed)
redis.pcall('PUBLISH', ARGV[8], table.concat({ARGV[3], at, refreshed, ARGV[4]}, ' '))
redis.call('PEXPIRE', KEYS[2], ARGV[5])
if ARGV[6] ~= '' then redis.call('SET', KEYS[3], ARGV[6], 'PX', ARGV[5]) end
return 1
";

/// KEYS: lease, tail, snapshot, asked. ARGV: holder, term, how long it is kept. -1: the lease is lost; 0: nothing is
/// asked for; else the epoch that the next one has to exceed.
const RENEW: &str = r"
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local kept = redis.call('PEXPIRE', KEYS[3], ARGV[3])
local asked = redis.call('GET', KEYS[4])
if asked then
  redis.call('DEL', KEYS[4])
  return tonumber(asked) or 1
end
return 1 - kept
";

/// KEYS: lease, tail. ARGV: holder, id, entry, channel.
const RELEASE: &str = r"
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', 512, ARGV[2], 'entry', ARGV[3], 'at', '0')
redis.pcall('PUBLISH', ARGV[4], table.concat({ARGV[2], '0', '0', ARGV[3]}, ' '))
return 1
";

/// What came of asking for a lease.
#[derive(Debug)]
pub enum Acquired {
    /// This node leads.
    Taken {
        /// Its lease.
        lease: Lease,
        /// The newest entry of the series: none follows it but under this lease.
        newest: TailPosition,
    },
    /// Another node does.
    Held {
        /// In which epoch.
        epoch: i64,
        /// For how long at least.
        left: Duration,
        /// The newest entry of the series.
        newest: TailPosition,
    },
}

/// What a renewal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewed {
    /// Another node may lead by now.
    Lost,
    /// Nothing else.
    Held,
    /// Some node needs a snapshot, in an epoch after that one.
    Asked(i64),
}

/// The scripts, and the way to Redis.
#[derive(Debug)]
pub struct Scripts {
    link: Arc<RedisLink>,
    /// The name of this process.
    node: String,
    acquire: Script,
    write: Script,
    renew: Script,
    release: Script,
}

impl Scripts {
    /// For the node of that name.
    pub fn new(link: Arc<RedisLink>, node: String) -> Self {
        let [acquire, write, renew, release] = [ACQUIRE, WRITE, RENEW, RELEASE].map(Script::new);
        Self { link, node, acquire, write, renew, release }
    }

    /// The name of this process.
    pub fn node(&self) -> &str {
        &self.node
    }

    /// Asks for the lease of a series, in an epoch after `floor`.
    pub async fn acquire(&self, keys: &SeriesKeys, floor: i64) -> Result<Acquired, ClusterError> {
        let asked = Instant::now();
        let mut script = self.acquire.key(&keys.lease);
        script.key(&keys.tail).arg(&self.node).arg(millis(TERM)).arg(floor);
        let (is_taken, holder, left, newest): (i64, String, i64, String) =
            self.link.run(&script).await?;
        let unreadable = || ClusterError::Refused(format!("\"{}\" is no lease", keys.lease));
        let epoch = epoch_of(&holder).ok_or_else(unreadable)?;
        let newest = TailPosition::parse(&newest).unwrap_or(TailPosition::START);
        if is_taken == 1 {
            return Ok(Acquired::Taken { lease: Lease::new(&self.node, epoch, asked), newest });
        }
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(0)).min(TERM);
        Ok(Acquired::Held { epoch, left, newest })
    }

    /// Writes an entry under a lease, with the snapshot at it if there is one, and when the source last answered with
    /// everything; whether the lease still held.
    pub async fn write(
        &self,
        keys: &SeriesKeys,
        lease: &mut Lease,
        number: u64,
        entry: &[u8],
        snapshot: &[u8],
        refreshed: Option<Instant>,
    ) -> Result<bool, ClusterError> {
        let asked = Instant::now();
        let mut script = self.write.key(&keys.lease);
        script.key(&keys.tail).key(&keys.snapshot).arg(&lease.holder).arg(millis(TERM));
        script.arg(id(lease, number)).arg(entry).arg(millis(KEPT)).arg(snapshot);
        let age = refreshed.map(|at| at.elapsed().as_micros().to_string());
        script.arg(age.unwrap_or_default()).arg(self.link.channel(&keys.tail));
        let is_held = self.link.run::<i64>(&script).await? == 1;
        if is_held {
            lease.extend(asked);
        }
        Ok(is_held)
    }

    /// Makes a lease last longer.
    pub async fn renew(
        &self,
        keys: &SeriesKeys,
        lease: &mut Lease,
    ) -> Result<Renewed, ClusterError> {
        let asked = Instant::now();
        let mut script = self.renew.key(&keys.lease);
        script.key(&keys.tail).key(&keys.snapshot).key(&keys.asked);
        script.arg(&lease.holder).arg(millis(TERM)).arg(millis(KEPT));
        let renewed = match self.link.run::<i64>(&script).await? {
            ..0 => Renewed::Lost,
            0 => Renewed::Held,
            floor => Renewed::Asked(floor),
        };
        if renewed != Renewed::Lost {
            lease.extend(asked);
        }
        Ok(renewed)
    }

    /// Gives a lease back, and tells the others at once.
    pub async fn release(
        &self,
        keys: &SeriesKeys,
        lease: &Lease,
        number: u64,
        entry: &[u8],
    ) -> Result<(), ClusterError> {
        let mut script = self.release.key(&keys.lease);
        script.key(&keys.tail).arg(&lease.holder).arg(id(lease, number)).arg(entry);
        script.arg(self.link.channel(&keys.tail));
        self.link.run::<i64>(&script).await.map(|_| ())
    }

    /// The entries after `position`.
    pub async fn since(
        &self,
        keys: &SeriesKeys,
        position: TailPosition,
    ) -> Result<Vec<Arrived>, ClusterError> {
        let mut command = redis::cmd("XRANGE");
        command.arg(&keys.tail).arg(format!("({position}")).arg("+");
        let reply: StreamRangeReply = self.link.query(&command).await?;
        Ok(reply.ids.iter().filter_map(Arrived::of).collect())
    }

    /// The bytes of the snapshot; none where there is none.
    pub async fn snapshot(&self, keys: &SeriesKeys) -> Result<Vec<u8>, ClusterError> {
        let mut command = redis::cmd("GETRANGE");
        command.arg(&keys.snapshot).arg(0).arg(SNAPSHOT_MAX);
        let bytes: Vec<u8> = self.link.query(&command).await?;
        if bytes.len() > SNAPSHOT_MAX {
            Err(ClusterError::TooLong(SNAPSHOT_MAX))
        } else {
            Ok(bytes)
        }
    }

    /// Asks the leader for a snapshot, in an epoch after `floor` if it is behind that.
    pub async fn ask(&self, keys: &SeriesKeys, floor: i64) -> Result<(), ClusterError> {
        let mut command = redis::cmd("SET");
        command.arg(&keys.asked).arg(floor.max(1)).arg("PX").arg(millis(ASKED));
        self.link.query(&command).await
    }
}

/// The id of an entry in the stream, which Redis lets only grow.
fn id(lease: &Lease, number: u64) -> String {
    format!("{}-{number}", lease.epoch)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
