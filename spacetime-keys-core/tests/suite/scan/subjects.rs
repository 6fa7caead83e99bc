//! Subjects, in each form in which files have them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use spacetime_keys_core::scan::Wanted;

use super::found;
use crate::common::{SUBJECT, host_token, part};

fn names(text: &str) -> Vec<String> {
    found(Wanted::Subjects, text).into_iter().map(|(_, what)| what).collect()
}

#[test]
fn a_subject_is_found_with_its_issuer() {
    let claims = part(host_token(), 1);
    let pretty =
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&claims).unwrap());
    for text in [
        claims.clone(),
        pretty.unwrap(),
        json!({ "msg": claims }).to_string(),
        json!({ "msg": json!({ "claims": claims }).to_string() }).to_string(),
    ] {
        let expected = format!("claims localhost|{SUBJECT}");
        assert!(names(&text).contains(&expected), "{text}");
    }
}

#[test]
fn a_token_tells_its_subject_whole_or_not() {
    let token = host_token();
    let expected = format!("token localhost|{SUBJECT}");
    let claims = token.split('.').nth(1).unwrap();
    let after_issuer = 1 + part(token, 1).find("\"iss\"").unwrap() + "\"iss\":\"localhost\",".len();
    let begun = claims.split_at(after_issuer.div_ceil(3) * 4).0;
    for text in [
        token.to_owned(),
        format!("https://x/?token={token}&y"),
        claims.to_owned(),
        begun.to_owned(),
        token.rsplit_once('.').unwrap().0.to_owned(),
        STANDARD.encode(token),
        STANDARD.encode(format!("b{token}")),
    ] {
        assert!(names(&text).contains(&expected), "{text}: {:?}", names(&text));
    }
}

#[test]
fn a_uuid_needs_nothing_around_it() {
    for text in [SUBJECT.to_owned(), format!("x{SUBJECT}y"), format!("\u{1}{SUBJECT}\u{2}")] {
        assert_eq!(names(&text), [format!("uuid |{SUBJECT}")]);
    }
    for damaged in
        [SUBJECT.replace('-', ""), SUBJECT.replace('5', "g"), SUBJECT.split_at(35).0.to_owned()]
    {
        assert_eq!(names(&damaged), [] as [String; 0], "{damaged}");
    }
}
