-- Writes that something has changed into the stream of changes. Its epoch is when that stream began, so that one that
-- begins anew is told from the one before.
local function log(key, text)
  local time = redis.call('TIME')
  local newest = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)
  local epoch, number = time[1] * 1000 + math.floor(time[2] / 1000), 0
  if newest[1] then
    epoch, number = string.match(newest[1][1], '^(%d+)%-(%d+)$')
  end
  local id = string.format('%.0f-%.0f', tonumber(epoch), tonumber(number) + 1)
  local at = string.format('%.0f', time[1] * 1000000 + time[2])
  local entry = string.char(1) .. text
  redis.call('XADD', key, 'MAXLEN', '~', 4096, id, 'entry', entry, 'at', at)
  -- Where Redis lets nobody publish, the stream has it.
  redis.pcall('PUBLISH', key .. SUFFIX, table.concat({id, at, '0', entry}, ' '))
end
