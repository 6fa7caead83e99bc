# What is typed often. `just` without a name lists it.

_default:
    @just --list

# While you work: format, clippy, the library, the program's cases, one file of Node's (3 minutes)
check:
    ./tests/check

# Every kind of test, a sample of each, without the real server (25 minutes)
test:
    ./tests/run

# All that there is, for the night and before a tag
all:
    ./tests/run --all --real-server

# All that CI runs
ready:
    ./.ci/run

# A whole rotation on a throwaway host
first-rotation:
    ./examples/first-rotation

# The benchmarks, as ratios
bench:
    ./tests/bench/run
