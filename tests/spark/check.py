"""`identity map` on Spark: the functions of docs/identity-map-spark.md, as they stand there.

    check.py PROGRAM ROWS

Users in partitions give the links that one run of the program gives, and the clashes that were
planted, each between partitions, are found by Spark and by the program alike.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

ROOT = Path(__file__).parents[2]
ISSUERS = {"from_issuer": "https://sso.example.com/realms/o'neill", "to_issuer": "https://app.example.com"}
CORES = os.cpu_count() or 1
PLANTED = 7

program, count = os.path.abspath(sys.argv[1]), int(sys.argv[2])
page = (ROOT / "docs/identity-map-spark.md").read_text()
recipe = {}
for block in re.findall(r"```python\n(.*?)```", page, re.S):
    exec(compile(block, "docs/identity-map-spark.md", "exec"), recipe)


def map_command(*more):
    issuers = [f"--from-issuer={ISSUERS['from_issuer']}", f"--to-issuer={ISSUERS['to_issuer']}"]
    return [program, "identity", "map", *issuers, *more]


def users(spark):
    """`count` users; some at the end are a duplicate of one at the beginning, or collide with it."""
    number = F.col("id")
    again = number >= count - PLANTED
    collides = number.between(count - 2 * PLANTED, count - PLANTED - 1)
    old = F.when(again, number - (count - PLANTED)).otherwise(number)
    new = F.when(again, old).when(collides, number - (count - 2 * PLANTED) + 100).otherwise(number)
    subject = F.format_string("%08x-7b1c-4c5e-9a55-0d3c8f3f8a01", old)
    return spark.range(0, count, 1, 4 * CORES).select(
        subject.alias("old_subject"), F.format_string("usr_%d", new).alias("new_subject"))


def digest(links):
    """Of a set of rows, in whatever order: their number, and the sum of their hashes."""
    columns = ["old_subject", "new_subject", "old_identity", "new_identity"]
    value = F.xxhash64(*columns).cast("decimal(38,0)")
    return tuple(links.agg(F.count("*"), F.sum(value), F.bit_xor(F.xxhash64(*columns))).first())


def timed(what, seconds):
    print(f"  {what}: {count / seconds / CORES / 1e6:.2f} million rows a second a core ({seconds:.1f} s)")


def same_links_and_clashes(spark, folder):
    users(spark).write.parquet(f"{folder}/users")
    people = spark.read.parquet(f"{folder}/users")
    people.select(F.to_json(F.struct("old_subject", "new_subject"))).write.text(f"{folder}/lines")
    parts = sorted(str(path) for path in Path(folder, "lines").glob("part-*"))

    started = time.monotonic()
    recipe["write"](people, f"{folder}/links", program=program, **ISSUERS)
    timed(f"Spark on {CORES} cores, users and links as Parquet", time.monotonic() - started)

    started = time.monotonic()
    cat = subprocess.Popen(["cat", *parts], stdout=subprocess.PIPE)
    with open(f"{folder}/one.ndjson", "wb") as out:
        alone = subprocess.run(map_command("--format=ndjson", "--no-clash-check", "-q"), stdin=cat.stdout, stdout=out)
    assert (alone.returncode, cat.wait()) == (0, 0)
    timed("one run on the same lines, links into a file", time.monotonic() - started)

    links = spark.read.parquet(f"{folder}/links")
    one = spark.read.schema(recipe["LINK"]).json(f"{folder}/one.ndjson")
    found = digest(links)
    assert found[0] == count, found
    assert found == digest(one), "other links than one run gives"

    cat = subprocess.Popen(["cat", *parts], stdout=subprocess.PIPE)
    summary = subprocess.run(map_command("--json", "--output=/dev/null"), stdin=cat.stdout, capture_output=True)
    assert summary.returncode == 1, summary.stderr
    counts = json.loads(summary.stdout)["counts"]
    assert counts["duplicates"] == counts["collisions"] == PLANTED, counts
    assert recipe["duplicates"](links).count() == PLANTED
    assert recipe["collisions"](links).count() == PLANTED


def any_subject_fits(spark, _):
    odd = ["a\tb", "two\nlines", "O'Neill", 'say "x"', "back\\slash", "auth0|5f7c", "é😀", " ", "\\N", "\x01", "null"]
    rows = spark.createDataFrame([(old, f"u_{at}") for at, old in enumerate(odd)], ["old_subject", "new_subject"])
    mapped = recipe["links"](rows.repartition(3), program=program, **ISSUERS).collect()
    assert sorted(row.old_subject for row in mapped) == sorted(odd), mapped


def a_bad_row_fails_the_job(spark, _):
    for bad in ["", "x" * 129, None]:
        rows = spark.createDataFrame([("a", "u_1"), (bad, "u_2")], "old_subject STRING, new_subject STRING")
        for job in [
            lambda: recipe["links"](rows, program=program, **ISSUERS).collect(),
            lambda: recipe["links_by_pipe"](rows, pipe()).collect(),
        ]:
            try:
                job()
            except Exception as error:
                assert re.search(r"status:? 1\b|exited with status 1|non-zero|error code 1", str(error)), error
            else:
                raise AssertionError("a row was lost in silence")


def pipe():
    return shlex.join(map_command("--input-format=ndjson", "--format=ndjson", "--no-clash-check", "-q"))


def empty_partitions_and_pipes(spark, _):
    rows = spark.createDataFrame([("a", "u_1"), ("b", "u_2")], ["old_subject", "new_subject"]).repartition(8)
    one = {tuple(row) for row in recipe["links"](rows, program=program, **ISSUERS).collect()}
    other = {tuple(row) for row in recipe["links_by_pipe"](rows, pipe()).collect()}
    assert len(one) == 2 and one == other, (one, other)


def handovers_are_found(spark, _):
    rows = spark.createDataFrame([("a", "b"), ("b", "c"), ("d", "d")], ["old_subject", "new_subject"])
    same = {"from_issuer": "https://a.example", "to_issuer": "https://a.example"}
    mapped = recipe["links"](rows.repartition(3), program=program, **same)
    assert recipe["handovers"](mapped).count() == 1
    assert recipe["duplicates"](mapped).count() == recipe["collisions"](mapped).count() == 0


TESTS = [any_subject_fits, a_bad_row_fails_the_job, empty_partitions_and_pipes, handovers_are_found, same_links_and_clashes]


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        spark = (
            SparkSession.builder.master(f"local[{CORES}]").appName("identity map")
            .config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false").config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.memory", "3g")
            .config("spark.local.dir", folder).config("spark.sql.shuffle.partitions", 8 * CORES)
            .config("spark.sql.warehouse.dir", f"{folder}/warehouse").getOrCreate()
        )
        spark.sparkContext.setLogLevel("OFF")
        print(f"Spark {spark.version}, {count} users")
        for test in TESTS:
            started = time.monotonic()
            try:
                test(spark, folder)
                passed += 1
                verdict = "ok"
            except Exception as error:
                failed += 1
                verdict = f"FAILED\n{type(error).__name__}: {error}"
            print(f"test {test.__name__} ... {verdict} ({time.monotonic() - started:.1f} s)", flush=True)
        spark.stop()
    verdict = "FAILED" if failed else "ok"
    print(f"test result: {verdict}. {passed} passed; {failed} failed")
    return 1 if failed or not passed else 0


sys.exit(main())
