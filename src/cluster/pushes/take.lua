-- Keeps the rows of a push: all or none of them, unless it is partial. All is worked out before anything is written.
-- KEYS: symbols, series, changes, removed, then of each part its bars and its ticks.
-- ARGV: time, most symbols, most bars, most ticks, manner (all, partial, check: nothing is kept, or
-- fill: only what is not there, of symbols that were not removed), then of each part: symbol, interval, whether
-- its rows are ticks, their first and their last start, how many there are, rows.
-- Answers the faults (part, row, reason) and what became of each part.
local now, most_symbols = tonumber(ARGV[1]), tonumber(ARGV[2])
local most_bars, most_ticks, fills = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == 'fill'
local BAR, ENDS, HEAD, LENGTH = '>Bi8dddddB', '>Bi8I4i8I4', '>Bi8', 50
local LARGEST = 1.7976931348623157e308

local faults, parts, books, in_order, fresh, known_ticks = {}, {}, {}, {}, {}, {}
local symbols = redis.call('HLEN', KEYS[1])

local function start_of(member)
  local form, start = struct.unpack(HEAD, member)
  if form ~= 1 then error('a bar is kept in form ' .. form .. ' of a newer release') end
  return start
end

-- The bars of a series: those that are looked at, those that were there, and those that are new.
local function book_of(key)
  if not books[key] then
    local book = {key = key, at = {}, was = {}, new = {}, count = redis.call('ZCARD', key)}
    local newest = redis.call('ZRANGE', key, -1, -1)
    book.newest = newest[1] and start_of(newest[1])
    books[key] = book
    in_order[#in_order + 1] = book
  end
  return books[key]
end

local function read(book, first, last)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', book.key, first, last)) do
    local start = start_of(member)
    if book.at[start] == nil then
      book.at[start], book.was[start] = member, true
    end
  end
end

local function get(book, start)
  if book.at[start] == nil and not (book.first and book.first <= start and start <= book.last) then
    read(book, start, start)
  end
  return book.at[start]
end

local function put(book, part, start, member)
  if book.at[start] == nil then book.count = book.count + 1 end
  book.at[start], book.new[start] = member, member
  part.first, part.last = math.min(part.first or start, start), math.max(part.last or start, start)
end

local function is_before(second, nano, than_second, than_nano)
  return second < than_second or (second == than_second and nano < than_nano)
end

-- The bar with one more tick. Of ticks at one instant the first that came opens, and the last closes.
local function with_tick(old, slot, second, nano, price, size)
  if not old then
    return struct.pack(BAR, 1, slot, price, price, price, price, size, 0)
      .. struct.pack(ENDS, 3, second, nano, second, nano)
  end
  local _, start, open, high, low, close, volume, final = struct.unpack(BAR, old)
  local ends, open_second, open_nano, close_second, close_nano = 0, 0, 0, 0, 0
  if #old > LENGTH then
    ends, open_second, open_nano, close_second, close_nano = struct.unpack(ENDS, old, LENGTH + 1)
  end
  if ends % 2 == 1 and is_before(second, nano, open_second, open_nano) then
    open, open_second, open_nano = price, second, nano
  end
  if ends < 2 or not is_before(second, nano, close_second, close_nano) then
    close, close_second, close_nano = price, second, nano
  end
  high, low, volume = math.max(high, price), math.min(low, price), math.min(volume + size, LARGEST)
  return struct.pack(BAR, 1, start, open, high, low, close, volume, final)
    .. struct.pack(ENDS, 2 + ends % 2, open_second, open_nano, close_second, close_nano)
end

-- Takes out the oldest bars of too many. The rows that are among them were never kept.
local function trim(book, part, number, starts)
  if book.count <= most_bars + math.floor(most_bars / 100) then return end
  local excess, times = book.count - most_bars, {}
  for start in pairs(book.new) do
    if not book.was[start] then times[#times + 1] = start end
  end
  for _, member in ipairs(redis.call('ZRANGE', book.key, 0, excess - 1)) do
    times[#times + 1] = start_of(member)
  end
  table.sort(times)
  book.cut, book.count = times[excess], most_bars
  for row, start in ipairs(starts) do
    if start <= book.cut then
      part.accepted = math.max(part.accepted - 1, 0)
      faults[#faults + 1] = {number, row, 'bar'}
    end
  end
end

local function take_bars(book, part, number, from, count)
  local starts = {}
  for row = 1, count do
    local member = ARGV[from + row]
    local start = start_of(member)
    starts[row] = start
    local old = get(book, start)
    if old and (fills or string.sub(old, 1, LENGTH) == member) then
      part.unchanged = part.unchanged + 1
    else
      if old then
        part.replaced = part.replaced + 1
        if book.newest and start < book.newest then part.corrected = part.corrected + 1 end
      else
        part.accepted = part.accepted + 1
      end
      book.newest = math.max(book.newest or start, start)
      put(book, part, start, member)
    end
  end
  trim(book, part, number, starts)
end

local function take_ticks(book, part, number, from, count)
  local key, starts = part.ticks_key, {}
  known_ticks[key] = known_ticks[key] or {}
  local forgotten = tonumber(redis.call('HGET', KEYS[2], part.series) or '')
  for row = 1, count do
    local tick = ARGV[from + row]
    local identity = string.sub(tick, 1, 16)
    local micros, slot, second, nano, price, size = struct.unpack('>i8i8i8i8dd', tick, 17)
    starts[row] = slot
    local is_known = known_ticks[key][identity] or redis.call('ZSCORE', key, identity)
    if is_known then
      part.unchanged = part.unchanged + 1
    elseif forgotten and micros <= forgotten then
      faults[#faults + 1] = {number, row, 'tick'}
    else
      known_ticks[key][identity] = true
      part.accepted = part.accepted + 1
      part.ticks[#part.ticks + 1] = micros
      part.ticks[#part.ticks + 1] = identity
      put(book, part, slot, with_tick(get(book, slot), slot, second, nano, price, size))
      book.newest = math.max(book.newest or slot, slot)
    end
    part.first_tick = math.min(part.first_tick or micros, micros)
  end
  trim(book, part, number, starts)
end

local at, number = 5, 0
while at < #ARGV do
  number = number + 1
  local symbol, interval, are_ticks = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3] == '1'
  local first, last, count = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6])
  local is_new = not fresh[symbol] and redis.call('HEXISTS', KEYS[1], symbol) == 0
  local is_removed = fills and is_new and redis.call('ZSCORE', KEYS[4], symbol)
  if is_new and not is_removed and symbols >= most_symbols then
    faults[#faults + 1] = {number, 1, 'symbol'}
  elseif not is_removed then
    if is_new then
      symbols, fresh[symbol] = symbols + 1, true
    end
    local book = book_of(KEYS[3 + 2 * number])
    local part = {
      number = number, symbol = symbol, interval = interval, series = symbol .. ' ' .. interval, book = book,
      ticks_key = KEYS[4 + 2 * number], ticks = {}, accepted = 0, replaced = 0, corrected = 0, unchanged = 0,
    }
    parts[#parts + 1] = part
    read(book, first, last)
    book.first, book.last = first, last
    if are_ticks then
      take_ticks(book, part, number, at + 6, count)
    else
      take_bars(book, part, number, at + 6, count)
    end
  end
  at = at + 6 + count
end

if ARGV[5] == 'check' or (#faults > 0 and ARGV[5] == 'all') then return {faults, {}} end

-- What a command takes at once.
local function add(key, pairs_of)
  for from = 1, #pairs_of, 1000 do
    redis.call('ZADD', key, unpack(pairs_of, from, math.min(from + 999, #pairs_of)))
  end
end

for _, book in ipairs(in_order) do
  local rows = {}
  for start, member in pairs(book.new) do
    if book.was[start] then redis.call('ZREMRANGEBYSCORE', book.key, start, start) end
    rows[#rows + 1] = start
    rows[#rows + 1] = member
  end
  add(book.key, rows)
  if book.cut then redis.call('ZREMRANGEBYSCORE', book.key, '-inf', book.cut) end
end

-- Forgets the oldest ticks of too many, but none that has just come: its sender may send it again.
local function forget(part)
  if redis.call('ZCARD', part.ticks_key) <= most_ticks + math.floor(most_ticks / 4) then return end
  local beyond = redis.call('ZREVRANGE', part.ticks_key, most_ticks, most_ticks, 'WITHSCORES')
  local cut = math.min(tonumber(beyond[2]), part.first_tick - 1)
  if redis.call('ZREMRANGEBYSCORE', part.ticks_key, '-inf', cut) > 0 then
    local before = tonumber(redis.call('HGET', KEYS[2], part.series) or '')
    redis.call('HSET', KEYS[2], part.series, string.format('%.0f', math.max(before or cut, cut)))
  end
end

local function text(number)
  return number and string.format('%.0f', number) or '-'
end

local answer = {}
for _, part in ipairs(parts) do
  redis.call('HSETNX', KEYS[2], part.series, '')
  redis.call('ZREM', KEYS[4], part.symbol)
  if #part.ticks > 0 then
    add(part.ticks_key, part.ticks)
    forget(part)
  end
  -- Nobody knows the ticks of bars that are written back. Those of all but the newest are taken no more.
  if fills and part.last then
    local before, cut = tonumber(redis.call('HGET', KEYS[2], part.series) or ''), part.last * 1000000 - 1
    redis.call('HSET', KEYS[2], part.series, text(math.max(before or cut, cut)))
  end
  local written = math.max(tonumber(redis.call('HGET', KEYS[1], part.symbol) or '') or now, now)
  redis.call('HSET', KEYS[1], part.symbol, string.format('%.0f', written))
  log(KEYS[3], table.concat({
    'push', text(written), part.symbol, part.interval, text(part.first), text(part.last),
  }, ' '))
  local newest = redis.call('ZRANGE', part.book.key, -1, -1)
  answer[#answer + 1] = {
    part.number, part.accepted, part.replaced, part.corrected, part.unchanged,
    newest[1] and start_of(newest[1]) or false, part.first or false, part.last or false,
  }
end
return {faults, answer}
