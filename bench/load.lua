-- The script of wrk: `wrk … -s load.lua URL -- METHOD BODY TOKEN …`. Each {n} in the body becomes a number that differs
-- between requests. Tokens are sent in turn. The last line of the output is a JSON object.
function init(arguments)
  wrk.method = arguments[1]
  local body, tokens, n = arguments[2] or "", {unpack(arguments, 3)}, 0
  if body ~= "" then
    wrk.body = body
  end
  if body:find("{n}", 1, true) or #tokens > 0 then
    request = function()
      n = n + 1
      if #tokens > 0 then
        wrk.headers["Authorization"] = "Bearer " .. tokens[n % #tokens + 1]
      end
      return wrk.format(nil, nil, nil, (body:gsub("{n}", tostring(n))))
    end
  end
end

function done(summary, latency, requests)
  local failed = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %f, "failed": {"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}}\n',
    summary.requests, summary.duration / 1e6,
    failed.connect, failed.read, failed.write, failed.status, failed.timeout))
end
