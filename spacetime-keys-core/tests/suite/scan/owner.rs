//! Whether a subject is the owner's.

use spacetime_keys_core::Identity;
use spacetime_keys_core::scan::{Claimed, Form, Owner, Scanner, Wanted};

/// A commit log of SpacetimeDB 2.8.3, after its owner had connected twice.
const COMMIT_LOG: &[u8] =
    include_bytes!("../../../../tests/fixtures/data-2.8.3/00000000000000000000.stdb.log");
const OWNER: &str = "c2008fb7b002557d269ace521238fabdc2db704165ffd3f98191fc2809c17c3f";
const SUBJECT: &str = "11ca1be8-7645-47fe-be83-153111b6c323";

fn claimed(bytes: &[u8], owner: &mut Owner) -> Vec<Claimed> {
    let mut all = Vec::new();
    let mut scanner = Scanner::new(Wanted::Subjects);
    let mut found = |found| all.extend(owner.claimed(&found));
    scanner.feed(bytes, &mut found);
    scanner.finish(&mut found);
    all
}

#[test]
fn a_commit_log_tells_its_owner() {
    let mut owner = Owner::new(Identity::parse(OWNER).unwrap(), []);
    let all = claimed(COMMIT_LOG, &mut owner);
    let first = all.iter().find(|claimed| claimed.form == Form::Claims).unwrap();
    assert_eq!(first.publisher.subject, SUBJECT);
    assert_eq!(first.publisher.issuer, "localhost");
    assert_eq!(first.publisher.identity.to_string(), OWNER);
    let place = usize::try_from(first.offset).unwrap();
    assert!(COMMIT_LOG[place..].starts_with(b"sub\":\"11ca1be8"));
    assert!(owner.candidates() >= 2);
}

#[test]
fn another_identity_is_in_none_of_it() {
    let other = Identity::from_claims("localhost", "6a1bb0b3-9be0-4b4c-8f6c-6a9bd9bd0f1b");
    let mut owner = Owner::new(other, []);
    assert_eq!(claimed(COMMIT_LOG, &mut owner), []);
    assert!(owner.candidates() >= 2);
}

#[test]
fn issuers_that_were_named_or_found_are_tried() {
    let issuer = "https://id.example.com";
    let identity = Identity::from_claims(issuer, SUBJECT);
    assert_eq!(claimed(SUBJECT.as_bytes(), &mut Owner::new(identity, [])), []);
    let named = claimed(SUBJECT.as_bytes(), &mut Owner::new(identity, [issuer.to_owned()]));
    assert_eq!(named.len(), 1);
    assert_eq!(named[0].publisher.issuer, issuer);
    let far = " ".repeat(5000);
    let text = format!(r#"{{"iss":"{issuer}","sub":"somebody"}}{far}{{"sub":"{SUBJECT}"}}"#);
    let found = claimed(text.as_bytes(), &mut Owner::new(identity, []));
    assert!(!found.is_empty());
    assert_eq!(found[0].publisher.issuer, issuer);
}
