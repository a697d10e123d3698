#!/usr/bin/awk -f
# udhcpc runs this program at each event, with the server's options in the environment. The program prints the allowed
# options as one line of JSON on udhcpc's stdout. It isn't a shell script, so that no option is ever interpreted as a
# command. It is small, because the clients of all leases may have an event at the same time, and share the memory of the
# agent's container: a program in JavaScript takes twenty times as much.

# A character that none of the allowed options can have becomes a question mark.
function text(value) {
  gsub(/[^0-9A-Za-z .\/:_-]/, "?", value)
  return "\"" value "\""
}

BEGIN {
  line = "{\"event\":" text(ARGV[1])
  count = split("ip subnet serverid lease router staticroutes", names, " ")
  for (at = 1; at <= count; at++)
    if (names[at] in ENVIRON) line = line ",\"" names[at] "\":" text(ENVIRON[names[at]])
  print line "}"
}
