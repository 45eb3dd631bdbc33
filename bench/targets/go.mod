module plimsoll.dev/bench/targets

go 1.25
