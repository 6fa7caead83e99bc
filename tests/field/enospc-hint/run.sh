needs_mounts
hinted=0
for free in 4 8 16 24 32 40 48 64 80 96; do
  rm -rf try
  cp -r host try
  cd try
  mkdir full
  in_mounts "mount -t tmpfs -o size=1m tmpfs full
    printf '[store]\\npath = \"full/store\"\\n' > spacetime-keys.toml
    dd if=/dev/zero of=full/fill bs=1k count=\$((1024 - $free)) 2> /dev/null || true
    \"\$KEYS\" rotate --env local --yes > ../out 2>&1 && exit 0
    rm full/fill
    next=rotate
    grep -q 'spacetime-keys resume' ../out && next=resume
    \"\$KEYS\" \$next --env local --yes > ../next 2>&1"
  cd ..
  # With this much, there was room.
  grep -q "done and proven" out && continue
  grep -q "make room" out
  absent "make room, then run it again; then" out
  grep -q "done and proven" next
  hinted=$((hinted + 1))
done
test $hinted -gt 3
# No room for another file, rather than for bytes.
hinted=0
for free in 8 12 16 20 24 28; do
  rm -rf try
  cp -r host try
  cd try
  mkdir full
  in_mounts "mount -t tmpfs -o size=8m,nr_inodes=$free tmpfs full
    printf '[store]\\npath = \"full/store\"\\n' > spacetime-keys.toml
    \"\$KEYS\" rotate --env local --yes > ../out 2>&1 && exit 0
    mount -o remount,nr_inodes=500 full
    next=rotate
    grep -q 'spacetime-keys resume' ../out && next=resume
    \"\$KEYS\" \$next --env local --yes > ../next 2>&1"
  cd ..
  grep -q "done and proven" out && continue
  grep -q "make room" out
  grep -q "done and proven" next
  hinted=$((hinted + 1))
done
test $hinted -gt 2
