-- The script of wrk: `wrk … -s load.lua URL -- METHOD BODY`. A body with {n} gets a new number for every request.
-- The last line of the output is a JSON object.
function init(arguments)
  wrk.method = arguments[1]
  local body = arguments[2]
  if body == nil then
    return
  end
  wrk.body = body
  if body:find("{n}", 1, true) then
    local n = 0
    request = function()
      n = n + 1
      return wrk.format(nil, nil, nil, (body:gsub("{n}", tostring(n))))
    end
  end
end

function done(summary, latency, requests)
  local failed = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %f, "failed": %d, "p50_ms": %f, "p99_ms": %f}\n',
    summary.requests, summary.duration / 1e6,
    failed.connect + failed.read + failed.write + failed.status + failed.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
