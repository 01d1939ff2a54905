-- For wrk: polls the paths of a file by turns. With the argument "unique" each request has an X-Opaque-Id of its own.
local paths, requests, last, unique = {}, {}, 0, false

function init(args)
  unique = args[2] == "unique"
  for path in io.lines(args[1]) do
    paths[#paths + 1] = path
    requests[#requests + 1] = wrk.format("GET", path)
  end
end

function request()
  last = last + 1
  local place = (last - 1) % #paths + 1
  if unique then
    return wrk.format("GET", paths[place], {["X-Opaque-Id"] = tostring(last)})
  end
  return requests[place]
end
