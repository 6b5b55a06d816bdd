-- Removes a symbol, and all that is kept of it; 0 where there was none. That it is removed is remembered for servers that
-- have a copy and are away.
-- KEYS: symbols, series, changes, about, removed, then its ticks and its bars of each interval.
-- ARGV: time, symbol, intervals.
if redis.call('HDEL', KEYS[1], ARGV[2]) == 0 then return 0 end
redis.call('HDEL', KEYS[4], ARGV[2])
for at = 3, #ARGV do redis.call('HDEL', KEYS[2], ARGV[2] .. ' ' .. ARGV[at]) end
for at = 6, #KEYS do redis.call('UNLINK', KEYS[at]) end
redis.call('ZADD', KEYS[5], ARGV[1], ARGV[2])
redis.call('ZREMRANGEBYRANK', KEYS[5], 0, -10001)
log(KEYS[3], 'gone ' .. ARGV[1] .. ' ' .. ARGV[2])
return 1
