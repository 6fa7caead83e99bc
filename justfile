# What is typed often. `just` alone lists it.

_default:
    @just --list

# All that CI runs
ready:
    ./.ci/run

# The tests without the real server
test:
    ./tests/run

# A whole rotation on a throwaway host
first-rotation:
    ./examples/first-rotation

# The benchmarks, as ratios
bench:
    ./tests/bench/run
