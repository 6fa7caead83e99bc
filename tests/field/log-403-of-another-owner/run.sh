me=c2005555555555555555555555555555555555555555555555555555555555 db=c200aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
printf 'Error: Pre-publish check failed with status 403 Forbidden: %s is not authorized to perform action on %s: update database\n' $me $db > log
says 1 "owner|owns" doctor --logs log
absent "signed by another key" "$OUT"
printf 'Checking for breaking changes...\nError: Pre-publish check failed with status 403 Forbidden: %s is not authorized to perform action%s: update database\n' $me '' > log
says 1 "owner|owns" doctor --logs log
printf '<html>403 Forbidden nginx</html>\n' > log
says_not "owner of" doctor --logs log
