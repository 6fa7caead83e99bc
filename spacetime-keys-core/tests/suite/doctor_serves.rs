//! Whether a restarted server has taken up the mounted key.

use spacetime_keys_core::PrivateKey;
use spacetime_keys_core::doctor::{Answer, Foreign, ForeignKind, ServerSeen, Serves, Unreached};

/// A server that answers the question for its key like this.
fn answering(status: u16, content_type: &str, body: &str) -> ServerSeen {
    let answer = Answer { status, content_type, body: Some(body.as_bytes()) };
    ServerSeen { public_key: answer.public_key(), ..ServerSeen::default() }
}

#[test]
fn only_the_mounted_key_is_well() {
    let [mounted, other] = [(); 2].map(|()| PrivateKey::generate().unwrap());
    let expected = mounted.public_key().fingerprint();
    let pem = "application/pem-certificate-chain";
    let serves = |seen: &ServerSeen| seen.serves(expected);

    let own = mounted.public_key().to_pem();
    assert_eq!(serves(&answering(200, pem, &own)), Serves::Mounted);
    let others = other.public_key().fingerprint();
    let seen = answering(200, pem, &other.public_key().to_pem());
    assert_eq!(serves(&seen), Serves::Another(others));
    assert!(serves(&seen).to_string().ends_with(&others.to_string()));

    // The right key, in a form with which the server verifies nothing.
    let crippled = own.replace("PUBLIC KEY", "EC PUBLIC KEY");
    assert_ne!(serves(&answering(200, pem, &crippled)), Serves::Mounted);
    let foreign = Foreign { status: 200, kind: ForeignKind::Html };
    let seen = answering(200, "text/html", "<html>");
    assert_eq!(serves(&seen), Serves::Foreign(foreign));
    for why in [Unreached::NoConnection, Unreached::Timeout] {
        use spacetime_keys_core::doctor::Reply::Unreached as Is;
        let by_key = ServerSeen { public_key: Is(why), ..ServerSeen::default() };
        let by_health = ServerSeen { health: Is(why), ..ServerSeen::default() };
        for seen in [by_key, by_health] {
            assert_eq!(serves(&seen), Serves::Nothing(Some(why)));
            assert!(serves(&seen).to_string().starts_with("does not answer: "));
        }
    }
    assert_eq!(serves(&ServerSeen::default()), Serves::Nothing(None));
}
