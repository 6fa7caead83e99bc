printf 'Error: Pre-publish check failed with status 401 Unauthorized: Invalid token: ExpiredSignature\n' > log
says 1 "expired" doctor --logs log
says_not "says nothing of a publish" doctor --logs log
