//! The proxy, the login, and the metadata service: one case each.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use crate::common::{Client, variable};
use spacetime_keys_stand_ins::{Operation, Setup, StandIn};

const SCOPE: &str = "https://vault.azure.net/.default";

fn stand_in() -> StandIn {
    StandIn::start(Setup::of(&["kv-prod"]))
}

/// The first line of what the proxy answers to `head`.
fn raw(stand_in: &StandIn, head: &str) -> String {
    let address = stand_in.proxy_url();
    let mut stream = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
    write!(stream, "{head}\r\nConnection: close\r\n\r\n").unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    line
}

#[test]
fn hosts_that_do_not_exist_are_a_bad_gateway() {
    let stand_in = stand_in();
    for (host, status) in
        [("kv-prod.vault.azure.net:443", "200"), ("kv-other.vault.azure.net:443", "502")]
    {
        let answer = raw(&stand_in, &format!("CONNECT {host} HTTP/1.1\r\nHost: {host}"));
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{host}: {answer}");
    }
    // Plain HTTP leads to no vault.
    let answer = raw(&stand_in, "GET http://kv-prod.vault.azure.net/secrets HTTP/1.1\r\nHost: x");
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
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
    let by_assertion = |assertion: &str| {
        [("client_assertion", assertion.to_owned()), ("client_assertion_type", jwt.to_owned())]
    };
    for credential in [&[("client_secret", secret)][..], &by_assertion(&assertion)] {
        let reply = client.ask_token(&stand_in, SCOPE, credential).unwrap();
        client.token = Some(reply.json()["access_token"].as_str().unwrap().to_owned());
        assert_eq!(client.get("kv-prod", "/secrets").status, 200);
    }
    let wrong = [("client_secret", "wrong".to_owned())];
    for (credential, number) in
        [(&wrong[..], "AADSTS7000215"), (&by_assertion("wrong"), "AADSTS700027")]
    {
        let reply = client.ask_token(&stand_in, SCOPE, credential).unwrap();
        assert_eq!((reply.status, &reply.json()["error"]), (401, &"invalid_client".into()));
        let description = reply.json()["error_description"].as_str().unwrap().to_owned();
        assert!(description.starts_with(&format!("{number}: ")), "{description}");
    }
    let last = stand_in.requests().pop().unwrap();
    assert_eq!((last.host.as_str(), last.operation), ("login", Operation::Login));
}

#[test]
fn what_az_asks_for() {
    let stand_in = stand_in();
    let mut client = Client::new(&stand_in);
    let url = "https://login.microsoftonline.com/common/discovery/instance?api-version=1.1";
    let reply = client.send("GET", url, b"").unwrap();
    let endpoint = reply.json()["tenant_discovery_endpoint"].as_str().unwrap().to_owned();
    let tenant = variable(&stand_in, "AZURE_TENANT_ID");
    let token = format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token");
    assert_eq!(client.send("GET", &endpoint, b"").unwrap().json()["token_endpoint"], token);

    let subscriptions = "https://management.azure.com/subscriptions?api-version=2022-12-01";
    assert_eq!(client.send("GET", subscriptions, b"").unwrap().status, 401);
    client.login(&stand_in, "https://management.core.windows.net//.default");
    let reply = client.send("GET", subscriptions, b"").unwrap();
    assert_eq!((reply.status, &reply.json()["value"]), (200, &serde_json::json!([])));
}

#[test]
fn a_virtual_machine_has_an_identity() {
    let url = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01\
               &resource=https%3A%2F%2Fvault.azure.net";
    let stand_in = stand_in();
    let mut client = Client::new(&stand_in);
    let json = client.send("GET", url, b"").unwrap().json();
    client.token = Some(json["access_token"].as_str().unwrap().to_owned());
    assert_eq!(client.get("kv-prod", "/secrets").status, 200);
    // Without the header that keeps strangers' links out.
    let answer = raw(&stand_in, &format!("GET {url} HTTP/1.1\r\nHost: 169.254.169.254"));
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}
