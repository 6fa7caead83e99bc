//! `identity map` on users as providers, databases and spreadsheets write them: the right subjects
//! are mapped, or none, and the message says how to get them.

use std::process::Command;

use crate::common::{Host, Run};
use spacetime_keys_core::Identity;

const OLD: &str = "https://keycloak.example/realms/app";
const NEW: &str = "https://id.example";

/// A file, the options that a person gives, and what becomes of it.
struct Export {
    /// Where such a file comes from.
    from: &'static str,
    text: &'static str,
    more: &'static str,
    status: i32,
    /// Part of what is said.
    says: &'static str,
    /// Subjects, old and new.
    mapped: &'static [(&'static str, &'static str)],
}

const UUID_1: &str = "2f6c6d0e-7b1c-4c5e-9a55-0d3c8f3f8a01";
const UUID_2: &str = "8a3d1f5c-52ad-4cc1-8e0c-5a5f0f1f0b02";

/// Text in which `1` and `2` in braces are UUIDs.
const EXPORTS: &[Export] = &[
    // Providers.
    Export {
        from: "Auth0, NDJSON",
        text: "{\"user_id\":\"auth0|5f7c\",\"email\":\"a@b.example\",\"identities\":[{\"user_id\":\"5f7c\"}]}\n{\"user_id\":\"google-oauth2|1030\",\"email\":\"c@d.example\"}\n",
        more: "--subject-column user_id",
        status: 0,
        says: "mapped 2 users",
        mapped: &[("auth0|5f7c", "auth0|5f7c"), ("google-oauth2|1030", "google-oauth2|1030")],
    },
    Export {
        from: "Auth0, NDJSON, as it is",
        text: "{\"user_id\":\"auth0|5f7c\",\"email\":\"a@b.example\"}\n",
        more: "",
        status: 1,
        says: "--subject-column",
        mapped: &[],
    },
    Export {
        from: "Auth0, CSV, guarded from spreadsheets",
        text: "\"user_id\",\"email\"\n\"'auth0|5f7c\",\"'a@b.example\"\n",
        more: "--subject-column user_id",
        status: 1,
        says: "an apostrophe before the subject",
        mapped: &[],
    },
    Export {
        from: "Auth0, CSV, one field",
        text: "\"user_id\"\n\"auth0|5f7c\"\n\"auth0|5f7d\"\n",
        more: "",
        status: 4,
        says: "looks like a header",
        mapped: &[],
    },
    Export {
        from: "Auth0, subjects alone",
        text: "auth0|5f7c\nsamlp|acme|jane\nwaad|x\n",
        more: "",
        status: 0,
        says: "mapped 3 users",
        mapped: &[
            ("auth0|5f7c", "auth0|5f7c"),
            ("samlp|acme|jane", "samlp|acme|jane"),
            ("waad|x", "waad|x"),
        ],
    },
    Export {
        from: "Keycloak, a realm",
        text: "{\n  \"realm\": \"app\",\n  \"users\": [\n    { \"id\": \"{1}\", \"username\": \"jane\" }\n  ]\n}\n",
        more: "",
        status: 4,
        says: "jq -c '.users[] | {subject: .id}'",
        mapped: &[],
    },
    Export {
        from: "Keycloak, a realm on one line",
        text: "{\"realm\":\"app\",\"users\":[{\"id\":\"{1}\",\"username\":\"jane\"}]}",
        more: "",
        status: 4,
        says: ".users[]",
        mapped: &[],
    },
    Export {
        from: "Keycloak, users by its API",
        text: "[ {\n  \"id\" : \"{1}\",\n  \"username\" : \"jane\"\n} ]",
        more: "",
        status: 4,
        says: "jq -c '.[]'",
        mapped: &[],
    },
    Export {
        from: "Keycloak, those users a line",
        text: "{\"id\":\"{1}\",\"username\":\"jane\"}\n{\"id\":\"{2}\",\"username\":\"joe\"}\n",
        more: "--subject-column id",
        status: 0,
        says: "mapped 2 users",
        mapped: &[(UUID_1, UUID_1), (UUID_2, UUID_2)],
    },
    Export {
        from: "Firebase, CSV without a header",
        text: "cxe6TkvLkSP8vEIg2vIzZ7Xp9Tn1,a@b.example,false,,,Ann,,,\nd7MmVz0yNQfcLtYbUqKJr3sW8Xo2,,false,,,,,,\n",
        more: "",
        status: 4,
        says: "more than two columns",
        mapped: &[],
    },
    Export {
        from: "Firebase, CSV, by number",
        text: "cxe6TkvLkSP8vEIg2vIzZ7Xp9Tn1,a@b.example,false,,,Ann,,,\n",
        more: "--subject-column 1 --header no",
        status: 0,
        says: "mapped 1 user",
        mapped: &[("cxe6TkvLkSP8vEIg2vIzZ7Xp9Tn1", "cxe6TkvLkSP8vEIg2vIzZ7Xp9Tn1")],
    },
    Export {
        from: "Firebase, JSON",
        text: "{\"users\": [\n{\n  \"localId\": \"cxe6TkvLkSP8vEIg2vIzZ7Xp9Tn1\",\n  \"email\": \"a@b.example\"\n}\n]}",
        more: "",
        status: 4,
        says: "{subject: .localId}",
        mapped: &[],
    },
    Export {
        from: "Cognito, list-users",
        text: "{\n    \"Users\": [\n        {\n            \"Username\": \"jane\",\n            \"Attributes\": [ { \"Name\": \"sub\", \"Value\": \"{1}\" } ]\n        }\n    ]\n}\n",
        more: "",
        status: 4,
        says: "select(.Name == \"sub\").Value",
        mapped: &[],
    },
    Export {
        from: "Cognito, CSV with a sub",
        text: "name,email,cognito:username,sub\nJane,a@b.example,jane,{1}\n",
        more: "",
        status: 0,
        says: "mapped 1 user",
        mapped: &[(UUID_1, UUID_1)],
    },
    Export {
        from: "Cognito, CSV without",
        text: "name,email,cognito:username\nJane,a@b.example,jane\n",
        more: "",
        status: 4,
        says: "--subject-column NAME",
        mapped: &[],
    },
    Export {
        from: "Clerk, CSV",
        text: "id,first_name,last_name,username,primary_email_address\nuser_2abc,Jane,Roe,jane,a@b.example\n",
        more: "--subject-column id",
        status: 0,
        says: "mapped 1 user",
        mapped: &[("user_2abc", "user_2abc")],
    },
    Export {
        from: "Supabase, CSV",
        text: "instance_id,id,aud,role,email\n00000000-0000-0000-0000-000000000000,{1},authenticated,authenticated,a@b.example\n",
        more: "--subject-column ID",
        status: 0,
        says: "mapped 1 user",
        mapped: &[(UUID_1, UUID_1)],
    },
    Export {
        from: "two candidates",
        text: "id,user_id\n1,u_1\n2,u_2\n",
        more: "",
        status: 4,
        says: "looks like a header",
        mapped: &[],
    },
    Export {
        from: "two candidates, one named",
        text: "id,user_id\n1,u_1\n2,u_2\n",
        more: "--subject-column user_id",
        status: 0,
        says: "mapped 2 users",
        mapped: &[("u_1", "u_1"), ("u_2", "u_2")],
    },
    // Databases.
    Export {
        from: "PostgreSQL, COPY as text",
        text: "4711\ta@b.example\n4712\t\\N\n",
        more: "",
        status: 4,
        says: "--separator tab",
        mapped: &[],
    },
    Export {
        from: "PostgreSQL, COPY as text, said so",
        text: "4711\ta@b.example\n\\N\tc@d.example\n4712\t\\N\n",
        more: "--separator tab --header no --subject-column 1",
        status: 1,
        says: "line 2: the word for an empty value",
        mapped: &[("4711", "4711"), ("4712", "4712")],
    },
    Export {
        from: "PostgreSQL, in a dump",
        text: "4711\na\\\\b\n\\.\n",
        more: "--separator tab --header no",
        status: 1,
        says: "line 2: a backslash in a table of tabs",
        mapped: &[("4711", "4711")],
    },
    Export {
        from: "psql, a table for the eye",
        text: "  id  | username \n------+----------\n 4711 | jane\n(1 row)\n\n",
        more: "",
        status: 4,
        says: "looks like a header",
        mapped: &[],
    },
    Export {
        from: "psql, one column for the eye",
        text: " kc \n----\n 4711\n",
        more: "",
        status: 1,
        says: "a line that frames a table",
        mapped: &[(" kc ", " kc "), (" 4711", " 4711")],
    },
    Export {
        from: "psql -A",
        text: "id|username\n4711|jane\n",
        more: "--separator | --subject-column id",
        status: 0,
        says: "mapped 1 user",
        mapped: &[("4711", "4711")],
    },
    Export {
        from: "mysql -B",
        text: "user_id\temail\n4711\ta@b.example\nNULL\tc@d.example\n",
        more: "--separator tab --subject-column user_id",
        status: 1,
        says: "line 3: the word for an empty value",
        mapped: &[("4711", "4711")],
    },
    Export {
        from: "mysql -B, as it is",
        text: "user_id\temail\n4711\ta@b.example\n",
        more: "--subject-column user_id",
        status: 4,
        says: "--separator tab",
        mapped: &[],
    },
    Export {
        from: "sqlite3, its default",
        text: "4711|a@b.example\n4712|c@d.example\n",
        more: "",
        status: 4,
        says: "has bars in it",
        mapped: &[],
    },
    Export {
        from: "sqlite3, its default, with Auth0's subjects",
        text: "auth0|5f7c|a@b.example\n",
        more: "",
        status: 4,
        says: "has bars in it",
        mapped: &[],
    },
    Export {
        from: "sqlite3 -csv",
        text: "4711,\"usr_1\"\r\n",
        more: "--header no --subject-column 1 --new-subject-column 2",
        status: 0,
        says: "mapped 1 user",
        mapped: &[("4711", "usr_1")],
    },
    Export {
        from: "pandas",
        text: ",user_id\n0,4711.0\n1,4712.0\n",
        more: "--subject-column user_id",
        status: 1,
        says: "in which digits are lost",
        mapped: &[],
    },
    // Spreadsheets.
    Export {
        from: "Excel, sep=",
        text: "sep=;\r\nold_subject;new_subject\r\na;u_1\r\n",
        more: "",
        status: 0,
        says: "mapped 1 user",
        mapped: &[("a", "u_1")],
    },
    Export {
        from: "Excel in Europe",
        text: "Benutzer;Konto\r\na;1\r\nb;2\r\n",
        more: "",
        status: 4,
        says: "--separator ';'",
        mapped: &[],
    },
    Export {
        from: "Excel in Europe, by number",
        text: "Benutzer;Konto\r\na;1\r\nb;2\r\n",
        more: "--separator ; --subject-column 1",
        status: 0,
        says: "the first row is taken for a header",
        mapped: &[("a", "a"), ("b", "b")],
    },
    Export {
        from: "Excel, long numbers",
        text: "subject\r\n1.23457E+17\r\n80351110224678912\r\n",
        more: "",
        status: 1,
        says: "line 2: a number as spreadsheets",
        mapped: &[("80351110224678912", "80351110224678912")],
    },
    Export {
        from: "Excel, long numbers in Europe",
        text: "subject\r\n\"1,23457E+17\"\r\n",
        more: "",
        status: 1,
        says: "line 2: a number as spreadsheets",
        mapped: &[],
    },
    Export {
        from: "Excel, text in a formula",
        text: "subject\r\n\"=\"\"0042\"\"\"\r\n",
        more: "",
        status: 1,
        says: "line 2: a spreadsheet's formula",
        mapped: &[],
    },
    Export {
        from: "Excel, a broken reference",
        text: "subject\r\n#N/A\r\na\r\n",
        more: "",
        status: 1,
        says: "line 2: the word for an empty value",
        mapped: &[("a", "a")],
    },
    Export {
        from: "Excel for the Mac, long ago",
        text: "subject\ra\rb\r",
        more: "",
        status: 4,
        says: "lines end in CR alone",
        mapped: &[],
    },
    Export {
        from: "a mark, and quotes with blanks",
        text: "\u{feff}\" Subject \",\"E-Mail\"\r\na,b\r\n",
        more: "",
        status: 0,
        says: "mapped 1 user",
        mapped: &[("a", "a")],
    },
    Export {
        from: "two marks",
        text: "\u{feff}\u{feff}subject\na\n",
        more: "",
        status: 0,
        says: "mapped 1 user",
        mapped: &[("a", "a")],
    },
    Export {
        from: "names twice",
        text: "subject,id,id\na,1,2\n",
        more: "--subject-column id",
        status: 4,
        says: "two columns have the name",
        mapped: &[],
    },
    Export {
        from: "separators at the ends",
        text: "username;\njane;\njoe;\n",
        more: "--separator ; --subject-column username",
        status: 0,
        says: "mapped 2 users",
        mapped: &[("jane", "jane"), ("joe", "joe")],
    },
    Export {
        from: "separators at the ends, as it is",
        text: "jane,\njoe,\n",
        more: "",
        status: 4,
        says: "is empty in the first row",
        mapped: &[],
    },
    Export {
        from: "a header only",
        text: "id,username\n",
        more: "--subject-column id",
        status: 0,
        says: "no users",
        mapped: &[],
    },
    Export {
        from: "files put together",
        text: "subject\na\nsubject\nb\n",
        more: "",
        status: 1,
        says: "line 3: the header once more",
        mapped: &[("a", "a"), ("b", "b")],
    },
    Export {
        from: "a login page",
        text: "<!DOCTYPE html>\n<title>Log in</title>\n",
        more: "",
        status: 4,
        says: "is a page or document in HTML",
        mapped: &[],
    },
];

#[test]
fn exports_are_read_rightly_or_not_at_all() {
    let host = Host::empty();
    for export in EXPORTS {
        let uuids = |text: &str| text.replace("{1}", UUID_1).replace("{2}", UUID_2);
        host.write("users", uuids(export.text));
        let mut command =
            host.command(&["identity", "map", "--input", "users", "--format", "ndjson"]);
        command
            .args(["--from-issuer", OLD, "--to-issuer", NEW])
            .args(export.more.split_whitespace());
        let run = Run::of(&mut command, b"");
        assert_eq!(run.status, Some(export.status), "{}: {}", export.from, run.stderr);
        // It is wrapped nowhere, for nobody's terminal is there.
        assert!(run.stderr.contains(export.says), "{}: {}", export.from, run.stderr);
        let rows = export.mapped.iter().map(|(old, new)| {
            let identities = (Identity::from_claims(OLD, old), Identity::from_claims(NEW, new));
            format!(
                "{{\"old_subject\":\"{old}\",\"new_subject\":\"{new}\",\"old_identity\":\"{}\",\"new_identity\":\"{}\"}}\n",
                identities.0, identities.1
            )
        });
        assert_eq!(run.stdout, rows.collect::<String>(), "{}", export.from);
    }
    assert!(EXPORTS.len() > 40);
}

/// What a program really writes.
#[test]
fn what_sqlite_writes_is_read() {
    let version = Command::new("sqlite3").arg("-version").output();
    assert!(version.is_ok_and(|ran| ran.status.success()), "this test needs the program sqlite3");
    let host = Host::empty();
    let select = "SELECT '4711' AS kc, 'usr;1' AS app UNION ALL SELECT '4,712', 'say \"x\"'";
    for (options, more) in [
        (&["-csv", "-header"][..], &["--subject-column", "kc", "--new-subject-column", "app"][..]),
        (&["-csv"], &["--header", "no", "--subject-column", "1", "--new-subject-column", "2"]),
        (&["-tabs"], &["--separator", "tab", "--header", "no", "--subject-column", "1"]),
        (&["-json"], &[]),
    ] {
        let written =
            Command::new("sqlite3").args(options).args([":memory:", select]).output().unwrap();
        host.write("users", &written.stdout);
        let mut command =
            host.command(&["identity", "map", "--input", "users", "--format", "ndjson"]);
        command.args(["--from-issuer", OLD, "--to-issuer", NEW]).args(more);
        let run = Run::of(&mut command, b"");
        if options == ["-json"] {
            assert!(run.stderr.contains("is a JSON array"), "{}", run.stderr);
        } else {
            assert_eq!(run.status, Some(0), "{options:?}: {}", run.stderr);
            assert!(
                run.stdout.contains("{\"old_subject\":\"4,712\""),
                "{options:?}: {}",
                run.stdout
            );
        }
    }
}

#[test]
fn wrong_options_are_usage_errors() {
    let host = Host::empty();
    host.write("lines", "{\"sub\":\"a\"}\n");
    for (more, says) in [
        ("--new-subject-column b", "--subject-column"),
        ("--subject-column 0", "takes a column's name, or its number"),
        ("--separator x", "takes `,` `;` `|` or `tab`"),
        ("--separator ; --input-format ndjson", "are for tables"),
        ("--subject-column 1 --input-format ndjson", "a column's number"),
        ("--subject-column a --new-subject-column a", "the same member"),
    ] {
        let mut command = host.command(&["identity", "map", "--input", "lines"]);
        command.args(["--from-issuer", OLD, "--to-issuer", NEW]).args(more.split(' '));
        let run = Run::of(&mut command, b"");
        assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""), "{more}: {}", run.stderr);
        assert!(run.stderr.contains(says), "{more}: {}", run.stderr);
    }
}

/// A summary says how the input was read.
#[test]
fn a_summary_tells_the_columns() {
    let host = Host::empty();
    host.write("users", "id;x;user_id\n1;y;u_1\n");
    let line = "identity map --input users --json --out rows --separator ; --subject-column user_id --new-subject-column id";
    let mut command = host.command(&line.split(' ').collect::<Vec<_>>());
    command.args(["--from-issuer", OLD, "--to-issuer", NEW]);
    let input = Run::of(&mut command, b"").success().json()["input"].clone();
    let expected = serde_json::json!({
        "format": "csv", "separator": ";", "columns": 3, "header_line": 1,
        "subject_column": 3, "new_subject_column": 1,
    });
    assert_eq!(input, expected);
}
