//! The proxy, the login, and the metadata service.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::common::{Client, variable};
use spacetime_keys_stand_ins::{Operation, Setup, StandIn};

const SCOPE: &str = "https://vault.azure.net/.default";

fn stand_in() -> StandIn {
    StandIn::start(Setup::of(&["kv-prod"]))
}

/// What the proxy answers to `head`: to a CONNECT the answer's head, otherwise all of it.
fn raw(stand_in: &StandIn, head: &str) -> String {
    let address = stand_in.proxy_url();
    let mut stream = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
    write!(stream, "{head}\r\nConnection: close\r\n\r\n").unwrap();
    let mut stream = BufReader::new(stream);
    let mut answer = String::new();
    if head.starts_with("CONNECT") {
        while !answer.ends_with("\r\n\r\n") {
            assert_ne!(stream.read_line(&mut answer).unwrap(), 0, "{answer}");
        }
    } else {
        stream.read_to_string(&mut answer).unwrap();
    }
    answer
}

#[test]
fn hosts_that_do_not_exist_are_a_bad_gateway() {
    let stand_in = stand_in();
    for (host, status) in [
        ("kv-prod.vault.azure.net:443", "200"),
        ("KV-PROD.vault.azure.net:443", "200"),
        ("login.microsoftonline.com:443", "200"),
        ("kv-other.vault.azure.net:443", "502"),
        ("example.com:443", "502"),
    ] {
        let answer = raw(&stand_in, &format!("CONNECT {host} HTTP/1.1\r\nHost: {host}"));
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{host}: {answer}");
    }
    // Plain HTTP leads to no vault.
    let answer = raw(&stand_in, "GET http://kv-prod.vault.azure.net/secrets HTTP/1.1\r\nHost: x");
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    let client = Client::new(&stand_in);
    assert!(client.send("GET", "https://kv-other.vault.azure.net/secrets", b"").is_err());
    assert_eq!(stand_in.requests(), []);
}

#[test]
fn a_secret_or_an_assertion_logs_in() {
    let stand_in = stand_in();
    let mut client = Client::new(&stand_in);
    let secret = variable(&stand_in, "AZURE_CLIENT_SECRET");
    let file = variable(&stand_in, "AZURE_FEDERATED_TOKEN_FILE");
    let assertion = std::fs::read_to_string(file).unwrap();
    let jwt = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let by_assertion = |assertion: &str, kind: &str| {
        [("client_assertion", assertion.to_owned()), ("client_assertion_type", kind.to_owned())]
    };
    for credential in [&[("client_secret", secret)][..], &by_assertion(&assertion, jwt)] {
        let reply = client.ask_token(&stand_in, SCOPE, credential).unwrap();
        let json = reply.json();
        assert_eq!((reply.status, &json["token_type"]), (200, &"Bearer".into()));
        assert_eq!(json["expires_in"], 3599);
        client.token = Some(json["access_token"].as_str().unwrap().to_owned());
        assert_eq!(client.get("kv-prod", "/secrets").status, 200);
    }
    for (credential, number) in [
        (&[("client_secret", "wrong".to_owned())][..], "AADSTS7000215"),
        (&[], "AADSTS7000218"),
        (&by_assertion("wrong", jwt), "AADSTS700027"),
        (&by_assertion(&assertion, "other"), "AADSTS700027"),
    ] {
        let reply = client.ask_token(&stand_in, SCOPE, credential).unwrap();
        assert_eq!((reply.status, &reply.json()["error"]), (401, &"invalid_client".into()));
        let description = reply.json()["error_description"].as_str().unwrap().to_owned();
        assert!(description.starts_with(&format!("{number}: ")), "{description}");
    }
    let last = stand_in.requests().pop().unwrap();
    assert_eq!((last.host.as_str(), last.operation), ("login", Operation::Login));
}

#[test]
fn wrong_tenants_and_applications_are_told_apart() {
    let stand_in = stand_in();
    let client = Client::new(&stand_in);
    let tenant = variable(&stand_in, "AZURE_TENANT_ID");
    let id = variable(&stand_in, "AZURE_CLIENT_ID");
    for (tenant, form, status, number) in [
        ("other", format!("grant_type=client_credentials&client_id={id}"), 400, 90_002),
        (&tenant, "grant_type=client_credentials&client_id=other".to_owned(), 400, 700_016),
        (&tenant, format!("grant_type=password&client_id={id}"), 400, 70_003),
    ] {
        let url = format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token");
        let reply = client.send("POST", &url, form.as_bytes()).unwrap();
        assert_eq!((reply.status, &reply.json()["error_codes"][0]), (status, &number.into()));
    }
}

#[test]
fn what_az_asks_for() {
    let stand_in = stand_in();
    let mut client = Client::new(&stand_in);
    let tenant = variable(&stand_in, "AZURE_TENANT_ID");
    let base = format!("https://login.microsoftonline.com/{tenant}");
    for path in ["/v2.0/.well-known/openid-configuration", "/.well-known/openid-configuration"] {
        let reply = client.send("GET", &format!("{base}{path}"), b"").unwrap();
        assert_eq!(reply.json()["token_endpoint"], format!("{base}/oauth2/v2.0/token"));
    }
    let url = "https://login.microsoftonline.com/common/discovery/instance?api-version=1.1";
    let reply = client.send("GET", url, b"").unwrap();
    let endpoint = reply.json()["tenant_discovery_endpoint"].as_str().unwrap().to_owned();
    assert_eq!(client.send("GET", &endpoint, b"").unwrap().status, 200);

    let subscriptions = "https://management.azure.com/subscriptions?api-version=2022-12-01";
    assert_eq!(client.send("GET", subscriptions, b"").unwrap().status, 401);
    client.login(&stand_in, "https://management.core.windows.net//.default");
    let reply = client.send("GET", subscriptions, b"").unwrap();
    assert_eq!((reply.status, &reply.json()["value"]), (200, &serde_json::json!([])));
}

#[test]
fn a_virtual_machine_has_an_identity() {
    let path = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2F\
                vault.azure.net";
    let stand_in = stand_in();
    let mut client = Client::new(&stand_in);
    let reply = client.send("GET", &format!("http://169.254.169.254{path}"), b"").unwrap();
    assert_eq!(reply.status, 200, "{}", reply.body);
    let json = reply.json();
    assert_eq!(json["resource"], "https://vault.azure.net");
    let expires = json["expires_on"].as_str().unwrap().parse::<u64>().unwrap();
    assert_eq!(expires - json["not_before"].as_str().unwrap().parse::<u64>().unwrap(), 3599);
    client.token = Some(json["access_token"].as_str().unwrap().to_owned());
    assert_eq!(client.get("kv-prod", "/secrets").status, 200);

    let absolute = |stand_in: &StandIn, query: &str, header: &str| {
        let head = format!(
            "GET http://169.254.169.254{path}{query} HTTP/1.1\r\nHost: 169.254.169.254{header}"
        );
        raw(stand_in, &head)
    };
    let metadata = "\r\nMetadata: true";
    assert!(absolute(&stand_in, "", metadata).starts_with("HTTP/1.1 200 "));
    assert!(absolute(&stand_in, "", "").starts_with("HTTP/1.1 400 "));
    let other = absolute(&stand_in, "&client_id=other", metadata);
    assert!(other.starts_with("HTTP/1.1 400 ") && other.contains("Identity not found"));

    let without = StandIn::start(Setup { managed_identity: false, ..Setup::default() });
    assert!(absolute(&without, "", metadata).starts_with("HTTP/1.1 400 "));
}
