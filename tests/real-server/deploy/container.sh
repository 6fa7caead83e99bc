#!/usr/bin/env bash
# A real container without a daemon, for tests that run as root.
#
#   container.sh WORK root PROGRAMS ENTRYPOINT MODULE   lays out the image's files in WORK/root
#   container.sh WORK podman ARGUMENT…                  podman, with all of its state in WORK
#
# The image: the real server and CLI in the folder PROGRAMS, what the entrypoint calls, and the
# libraries of both. Nothing is downloaded.
set -euo pipefail
work=$1 what=$2
shift 2

lay_out() { # folder of programs, entrypoint, module
  local root="$work/root" tool path
  mkdir -p "$root"/{dev,etc,home,proc,sys,tmp,usr/bin,opt/spacetime,opt/spacetimedb,var/lib/spacetimedb}
  chmod 1777 "$root/tmp" "$root/home"
  local paths=()
  for tool in dash env mktemp id sleep cat rm grep ls curl true; do
    path=$(type -P "$tool")
    cp -L "$path" "$root/usr/bin/$tool"
    paths+=("$path")
  done
  cp "$1"/spacetimedb-{standalone,cli} "$root/opt/spacetime/"
  while read -r path; do
    mkdir -p "$root$(dirname "$path")"
    cp -L "$path" "$root$path"
  done < <(ldd "${paths[@]}" "$1"/spacetimedb-{standalone,cli} | grep -o '\s/[^ :]*\|=> /[^ ]*' | grep -o '/.*' | sort -u)
  ln -s dash "$root/usr/bin/sh"
  ln -s usr/bin "$root/bin"
  printf '#!/bin/sh\nexec /opt/spacetime/spacetimedb-cli "$@"\n' > "$root/usr/bin/spacetime"
  cp "$2" "$root/usr/bin/spacetimedb-entrypoint"
  chmod 755 "$root/usr/bin/spacetime" "$root/usr/bin/spacetimedb-entrypoint"
  cp "$3" "$root/opt/spacetimedb/module.wasm"
  # A machine that is itself a container may raise no limit.
  printf '[containers]\ndefault_ulimits = ["nofile=%s:%s", "nproc=%s:%s"]\n' \
    1024 1024 1024 1024 > "$work/containers.conf"
}

run_podman() {
  # crun wants control groups of one version, and here nothing else is changed: in a mount namespace.
  # shellcheck disable=SC2016
  CONTAINERS_CONF="$work/containers.conf" unshare --mount --propagation private bash -c '
    umount -R /sys/fs/cgroup 2> /dev/null || true
    mount -t cgroup2 none /sys/fs/cgroup
    work=$1; shift
    exec podman --root "$work/storage" --runroot "$work/run" --storage-driver vfs \
      --cgroup-manager cgroupfs --runtime crun --events-backend file "$@"' - "$work" "$@"
}

case "$what" in
  root) lay_out "$@" ;;
  podman) run_podman "$@" ;;
esac
