-- Nine hits of ten, and a prompt that nobody has asked before.
local adjectives = { "red", "blue", "green", "grey", "golden", "tiny", "huge", "old", "striped", "wooden" }
local nouns = { "fox", "whale", "bicycle", "owl", "submarine", "castle", "teapot", "forest", "robot", "lighthouse" }
local number = 0
function init(args) math.randomseed(os.time() + tonumber(tostring({}):match("0x%x*(%x%x%x%x%x)"), 16)) end
function request()
  number = number + 1
  if number % 10 ~= 0 then return wrk.format("GET", "/prompt/a%20red%20fox?width=64&height=64") end
  return wrk.format("GET", string.format("/prompt/a%%20%s%%20%s%%20number%%20%d?width=64&height=64",
    adjectives[math.random(10)], nouns[math.random(10)], math.random(1e9)))
end
