for words in 'TokenError(Error(InvalidSignature))' 'Invalid token: InvalidSignature' 'Invalid Token: InvalidSignature'; do
  printf 'Error: Pre-publish check failed with status 401 Unauthorized: %s\n' "$words" > log
  says 1 "signed by another key \(401\)" doctor --logs log
  absent "spacetime log(in|out)|--anonymous" "$OUT"
done
printf 'Error: Pre-publish check failed with status 401 Unauthorized: TokenError(Error(ExpiredSignature))\n' > log
says 1 "expired \(401\)" doctor --logs log
