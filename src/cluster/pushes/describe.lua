-- Keeps what is known of a symbol besides its bars; 0 where it would be one too many.
-- KEYS: symbols, about, changes, removed. ARGV: time, most symbols, symbol, what is known.
if redis.call('HEXISTS', KEYS[1], ARGV[3]) == 0 then
  if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
  redis.call('HSET', KEYS[1], ARGV[3], ARGV[1])
  redis.call('ZREM', KEYS[4], ARGV[3])
end
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
log(KEYS[3], 'about ' .. ARGV[1] .. ' ' .. ARGV[3])
return 1
