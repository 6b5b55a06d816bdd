-- Every symbol with when it was written to, what is known of each, every series, and the newest change.
-- KEYS: symbols, series, changes, about.
local newest = redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)
return {
  newest[1] and newest[1][1] or '0-0', redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[4]),
  redis.call('HKEYS', KEYS[2]),
}
