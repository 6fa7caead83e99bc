printf 'Error: Pre-publish check failed with status 401 Unauthorized: Invalid token: ExpiredSignature\n' > log
says 1 "expired" doctor --logs log
says_not "says nothing of a publish" doctor --logs log
printf 'Error: Pre-publish check failed with status 401 Unauthorized: TokenError(Error(ExpiredSignature))\n' > log
says 1 "expired" doctor --logs log
printf 'app-1  | 2026-11-30T10:00:00Z Error: Pre-publish check failed with status 401 Unauthorized: Invalid token: ExpiredSignature\n' > log
says 1 "expired" doctor --logs log
