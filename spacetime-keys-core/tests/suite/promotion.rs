//! Passports, the order of environments, and what the gates make of what was seen.

use crate::common::properties;
use proptest::prelude::*;
use serde_json::{Value, json};
use spacetime_keys_core::doctor::{Answer, Outcome, Reply, TokenAnswer};
use spacetime_keys_core::error::PassportFlaw;
use spacetime_keys_core::es256::Signer;
use spacetime_keys_core::fleet::Environment;
use spacetime_keys_core::jwt::{Publisher, sign_publisher};
use spacetime_keys_core::promotion::{
    Count, Counted, Database, DatabaseFacts, DatabaseSeen, Gate, GateName, Order, Passport, Rows,
    Seen, Signed, Table, TreeSeen, judge,
};
use spacetime_keys_core::{Error, Identity, PrivateKey};

fn environment(name: &str) -> Environment {
    Environment::new(name).unwrap()
}

fn passport(key: &PrivateKey) -> Passport {
    let publisher = Publisher::new("localhost", "one \"quoted\"").unwrap();
    Passport {
        environment: environment("prod"),
        created_at: 1_790_000_000,
        server_version: "1.2.0".to_owned(),
        public_key: key.public_key().clone(),
        databases: vec![Database {
            name: "app".to_owned(),
            identity: Identity::from_claims("a", "database"),
            owner: publisher.identity,
            counts: vec![Count { table: Table::new("thing").unwrap(), rows: 3 }],
        }],
        publisher,
    }
}

fn order(names: &[&str]) -> Result<Order, Error> {
    Order::new(names.iter().map(|name| environment(name)).collect())
}

#[test]
fn data_goes_down_the_order_and_never_to_prod() {
    let usual = Order::default();
    let names = ["prod", "test", "dev", "local"];
    for (at, from) in names.iter().enumerate() {
        for (to_at, to) in names.iter().enumerate() {
            let expected = if at < to_at { Ok(()) } else { Err(Error::PromotionUpward) };
            assert_eq!(usual.check(&environment(from), &environment(to)), expected, "{from} {to}");
        }
    }
    let unlisted = Err(Error::PromotionUnlisted);
    assert_eq!(usual.check(&environment("prod"), &environment("staging")), unlisted);
    assert_eq!(usual.check(&environment("staging"), &environment("test")), unlisted);
    // A list without it does not make it a destination.
    let other = order(&["eu", "us"]).unwrap();
    assert_eq!(other.check(&environment("eu"), &environment("prod")), Err(Error::PromotionUpward));
    assert_eq!(other.check(&environment("eu"), &environment("us")), Ok(()));
    for bad in [&[][..], &["test", "test"], &["test", "prod"], &["prod", "prod"]] {
        assert_eq!(order(bad), Err(Error::PromotionList), "{bad:?}");
    }
}

#[test]
fn a_passport_is_read_as_it_was_written_and_holds_no_secret() {
    let key = PrivateKey::generate().unwrap();
    let passport = passport(&key);
    let json = serde_json::to_string(&passport).unwrap();
    assert_eq!(Passport::parse(&json), Ok(passport.clone()));
    let framed = json!({ "passport": passport }).to_string();
    assert_eq!(Passport::parse(framed), Ok(passport.clone()));
    assert!(!json.contains("PRIVATE"));
    assert_eq!(passport.check_owners(), Ok(()));
}

#[test]
fn each_flaw_of_a_passport_has_its_name() {
    let key = PrivateKey::generate().unwrap();
    let good = serde_json::to_value(passport(&key)).unwrap();
    let with = |member: &str, value: Value| {
        let mut changed = good.clone();
        *changed.pointer_mut(member).unwrap() = value;
        Passport::parse(changed.to_string())
    };
    let many: Vec<_> = (0..300)
        .map(|at| {
            json!({ "name": format!("d{at}"), "identity": good["databases"][0]["identity"],
            "owner": good["databases"][0]["owner"], "counts": [] })
        })
        .collect();
    let twice = json!([{ "table": "a", "rows": 1 }, { "table": "a", "rows": 1 }]);
    for (member, value, flaw) in [
        ("/version", json!(2), PassportFlaw::Version),
        ("/version", json!("1"), PassportFlaw::Members),
        ("/created_at", json!("now"), PassportFlaw::Members),
        ("/environment", json!("all"), PassportFlaw::Environment),
        ("/server_version", json!("1.2\u{1b}[31m"), PassportFlaw::ServerVersion),
        ("/public_key", json!(&*key.to_pem()), PassportFlaw::Key),
        ("/fingerprint", json!("x"), PassportFlaw::Key),
        ("/publisher/issuer", json!("other"), PassportFlaw::Publisher),
        ("/publisher/subject", json!(""), PassportFlaw::Publisher),
        ("/databases", json!([]), PassportFlaw::Databases),
        ("/databases", json!(many), PassportFlaw::Databases),
        ("/databases/0/name", json!(""), PassportFlaw::Databases),
        ("/databases/0/name", json!("a\nb"), PassportFlaw::Databases),
        ("/databases/0/identity", json!("0x"), PassportFlaw::Databases),
        ("/databases/0/counts", twice, PassportFlaw::Counts),
        ("/databases/0/counts/0/table", json!("t; DROP TABLE t"), PassportFlaw::Counts),
    ] {
        assert_eq!(with(member, value), Err(Error::Passport(flaw)), "{member}");
    }
    let large = good.to_string() + &" ".repeat(1 << 20);
    assert_eq!(Passport::parse(large), Err(Error::Passport(PassportFlaw::Size)));
}

#[test]
fn tables_that_are_named() {
    for (text, database, table) in [
        ("thing", None, "thing"),
        ("app.thing", Some("app"), "thing"),
        ("a.b.c_1", Some("a.b"), "c_1"),
    ] {
        let counted = Counted::parse(text).unwrap();
        assert_eq!((counted.database.as_deref(), counted.table.as_str()), (database, table));
    }
    for bad in ["", ".", "a.", ".a", "1a", "a-b", "a b", "a'b", "é", &"x".repeat(129)] {
        assert_eq!(Counted::parse(bad), Err(Error::TableName), "{bad}");
    }
}

fn answer(status: u16, body: &str) -> Answer<'_> {
    Answer { status, content_type: "application/json", body: Some(body.as_bytes()) }
}

#[test]
fn a_count_is_one_number_in_one_row() {
    for (body, count) in [
        (r#"[{"schema":{},"rows":[[25]]}]"#, Some(25)),
        (r#"[{"rows":[[0]],"total_duration_micros":1,"stats":{}}]"#, Some(0)),
        (r#"[{"rows":[]}]"#, None),
        (r#"[{"rows":[[1],[2]]}]"#, None),
        (r#"[{"rows":[[1,2]]}]"#, None),
        (r#"[{"rows":[[-1]]}]"#, None),
        (r#"[{"rows":[["1"]]}]"#, None),
        (r#"[{"rows":[[1]]},{"rows":[[1]]}]"#, None),
        ("[]", None),
        ("<html>", None),
    ] {
        assert_eq!(answer(200, body).count().as_ref().copied(), count, "{body}");
    }
    assert_eq!(answer(401, r#"[{"rows":[[25]]}]"#).count().as_ref(), None);
}

/// A destination on which all is well, and the passport that it is held against.
fn well() -> (Passport, Seen) {
    let [ours, theirs] = [(); 2].map(|()| PrivateKey::generate().unwrap());
    let passport = passport(&theirs);
    let token = sign_publisher(&passport.publisher, 1, &Signer::new(&ours).unwrap()).unwrap();
    let own = ours.public_key();
    let database = &passport.databases[0];
    let seen = Seen {
        version: Some("1.2.0".to_owned()),
        unreached: None,
        served: Some(own.fingerprint()),
        mounted: Some(own.fingerprint()),
        token: Some(Signed::of(&token, Some(own), &passport.public_key).unwrap()),
        accepted: Reply::Is(TokenAnswer::Accepted),
        databases: vec![DatabaseSeen {
            name: "app".to_owned(),
            facts: Reply::Is(DatabaseFacts { identity: database.identity, owner: database.owner }),
            publish: (Some(Outcome::Updates), "it updates".to_owned()),
            rows: vec![Rows { table: Table::new("thing").unwrap(), rows: Reply::Is(3) }],
        }],
        tree: TreeSeen { searched: true, ..TreeSeen::default() },
        exposed: Vec::new(),
    };
    (passport, seen)
}

fn bad(gates: &[Gate]) -> Vec<GateName> {
    gates.iter().filter(|gate| !gate.ok).map(|gate| gate.name).collect()
}

fn judged(passport: &Passport, seen: &Seen) -> Vec<GateName> {
    bad(&judge(passport, seen, &passport.databases.iter().collect::<Vec<_>>()))
}

#[test]
fn each_gate_falls_by_itself() {
    use GateName::*;
    let (passport, seen) = well();
    assert_eq!(judged(&passport, &seen), []);
    let theirs = passport.public_key.fingerprint();
    let other = Identity::from_claims("b", "c");
    let change = |change: &dyn Fn(&mut Seen)| {
        let (_, mut changed) = (&passport, well().1);
        // The same keys throughout.
        changed.served = seen.served;
        changed.mounted = seen.mounted;
        changed.token = seen.token;
        changed.databases[0].facts = seen.databases[0].facts.clone();
        change(&mut changed);
        judged(&passport, &changed)
    };
    assert_eq!(change(&|_| {}), []);
    assert_eq!(change(&|seen| seen.version = None), [Server, Version]);
    for older in ["1.1.9", "0.12", "1.1"] {
        assert_eq!(change(&|seen| seen.version = Some(older.to_owned())), [Version], "{older}");
    }
    for newer in ["1.2.0", "1.10.0", "1.2.1-rc1", "v2.0", "1.2.0+build"] {
        assert_eq!(change(&|seen| seen.version = Some(newer.to_owned())), [], "{newer}");
    }
    assert_eq!(change(&|seen| seen.served = None), [ServedKey, ForeignKey]);
    assert_eq!(change(&|seen| seen.mounted = None), [ServedKey]);
    assert_eq!(
        change(&|seen| (seen.served, seen.mounted) = (Some(theirs), Some(theirs))),
        [ForeignKey]
    );
    assert_eq!(change(&|seen| seen.token = None), [Token, ForeignToken, Publisher]);
    let token = |by_ours, by_theirs, identity| Some(Signed { identity, by_ours, by_theirs });
    let owner = Some(passport.publisher.identity);
    assert_eq!(change(&|seen| seen.token = token(false, false, owner)), [Token]);
    assert_eq!(change(&|seen| seen.token = token(true, true, owner)), [ForeignToken]);
    assert_eq!(change(&|seen| seen.token = token(true, false, Some(other))), [Publisher]);
    assert_eq!(change(&|seen| seen.token = token(true, false, None)), [Publisher]);
    for answer in [Reply::NotAsked, Reply::Is(TokenAnswer::AnotherIdentity)] {
        assert_eq!(change(&|seen| seen.accepted = answer.clone()), [Accepted]);
    }
    assert_eq!(change(&|seen| seen.databases[0].facts = Reply::NotAsked), [Database]);
    let facts = |identity, owner| Reply::Is(DatabaseFacts { identity, owner });
    let database = &passport.databases[0];
    assert_eq!(change(&|s| s.databases[0].facts = facts(other, database.owner)), [Database]);
    assert_eq!(change(&|s| s.databases[0].facts = facts(database.identity, other)), [Database]);
    for outcome in [None, Some(Outcome::Creates), Some(Outcome::NotOwner)] {
        assert_eq!(change(&|seen| seen.databases[0].publish.0 = outcome), [Publish]);
    }
    for rows in [Reply::Is(2), Reply::Is(4), Reply::NotAsked] {
        assert_eq!(change(&|seen| seen.databases[0].rows[0].rows = rows.clone()), [Count]);
    }
    // What nobody asked about is not judged; a database that nobody looked at is.
    assert_eq!(change(&|seen| seen.databases[0].rows.clear()), []);
    assert_eq!(change(&|seen| seen.databases.clear()), [Database, Publish]);
    assert_eq!(change(&|seen| seen.tree.searched = false), [Secrets]);
    assert_eq!(change(&|seen| seen.tree.secrets.push("x".to_owned())), [Secrets]);
    assert_eq!(change(&|seen| seen.tree.unread = Some("x".to_owned())), [Secrets]);
    assert_eq!(change(&|seen| seen.tree.in_data = 5), []);
    assert_eq!(change(&|seen| seen.exposed.push("cli.toml".to_owned())), [Modes]);
    // Nothing seen is nothing proven.
    let all = judge(&passport, &Seen::default(), &passport.databases.iter().collect::<Vec<_>>());
    assert_eq!(bad(&all).len() + 1, all.len(), "{all:?}");
}

proptest! {
    #![proptest_config(properties("tests/suite/promotion.regressions", 256, 2048))]

    /// Whatever a passport is made of, it does not end the program, and what is read is written the same.
    #[test]
    fn any_json_is_a_passport_or_an_error(
        member in "/(version|environment|publisher/subject|databases/0/(name|owner|counts)|public_key)",
        text in "\\PC{0,40}",
        number in any::<i64>(),
        as_number in any::<bool>(),
    ) {
        let key = PrivateKey::generate().unwrap();
        let mut json = serde_json::to_value(passport(&key)).unwrap();
        let value = if as_number { json!(number) } else { json!(text) };
        *json.pointer_mut(&member).unwrap() = value;
        if let Ok(read) = Passport::parse(json.to_string()) {
            prop_assert_eq!(serde_json::to_value(&read).unwrap(), json);
        }
    }

    #[test]
    fn any_bytes_are_no_passport(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Passport::parse(bytes).is_err());
    }
}
