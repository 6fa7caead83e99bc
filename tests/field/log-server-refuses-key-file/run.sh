printf 'spacetimedb-1  | Error: InvalidKeyFormat\n' > log
says 1 "key" doctor --logs log
says_not "says nothing of a publish" doctor --logs log
