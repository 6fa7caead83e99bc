printf 'spacetimedb-1  | Error: InvalidKeyFormat\n' > log
says 1 "key" doctor --logs log
says_not "says nothing of a publish" doctor --logs log
for line in 'Error: InvalidKeyFormat' '2026-11-30T10:00:00Z spacetimedb | Error: InvalidKeyFormat' '  Error: InvalidKeyFormat\n\nCaused by: x'; do
  printf "$line\\n" > log
  says 1 "did not start.*key files" doctor --logs log
done
