//! Clients that are slow, endless, or many.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::game::{Game, until};
use super::running::{Exchange, exchanged};

fn connect(exchange: &Exchange) -> TcpStream {
    let stream = TcpStream::connect(exchange.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
    stream
}

fn open_files(exchange: &Exchange) -> usize {
    fs::read_dir(format!("/proc/{}/fd", exchange.id())).unwrap().count()
}

#[test]
fn a_head_without_an_end_is_cut_off() {
    let game = Game::rotated();
    let exchange = game.ready();
    let mut request = b"GET /forward-auth HTTP/1.1\r\nHost: h\r\n".to_vec();
    for number in 0..200_000 {
        request.extend(format!("X-Field-{number}: 0123456789\r\n").bytes());
    }
    let came = exchanged(exchange.address, &request);
    assert!(came.starts_with("HTTP/1.1 431 ") || came.is_empty(), "{came}");
    for garbage in ["\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "\u{16}\u{3}\u{1}", "PRI * HTTP/2.0\r\n\r\n"]
    {
        let mut stream = connect(&exchange);
        stream.write_all(garbage.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut came = String::new();
        let _ = stream.read_to_string(&mut came);
        assert!(came.is_empty() || came.starts_with("HTTP/1.1 400 "), "{came}");
    }
    assert!(exchange.is_ready());
}

/// Slow: it waits until the time for a head is over.
#[test]
fn slow_clients_are_closed_and_bodies_are_not_read() {
    let game = Game::rotated();
    let exchange = game.ready();
    let (mut silent, mut slow) = (connect(&exchange), connect(&exchange));
    slow.write_all(b"GET /forward-auth HTTP/1.1\r\nHo").unwrap();
    let mut came = Vec::new();
    let _ = silent.read_to_end(&mut came);
    let _ = slow.read_to_end(&mut came);
    assert!(came.is_empty());

    let mut endless = connect(&exchange);
    let old = game.old_token();
    let head = format!(
        "POST /exchange HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {old}\r\nContent-Length: 99999999999\r\n\r\n"
    );
    endless.write_all(head.as_bytes()).unwrap();
    let mut came = [0; 15];
    endless.read_exact(&mut came).unwrap();
    assert_eq!(&came, b"HTTP/1.1 200 OK");
}

#[test]
fn idle_connections_are_bounded_and_keep_nobody_out() {
    let game = Game::rotated();
    let exchange = game.ready();
    let old = game.old_token();
    let before = open_files(&exchange);
    // Idle after a request, as a proxy's, or from the beginning. As many as this process may have.
    let mut idle = Vec::new();
    for number in 0..900 {
        let mut stream = connect(&exchange);
        if number % 4 == 0 {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
            let _ = stream.read(&mut [0; 512]);
        }
        idle.push(stream);
    }
    assert_ne!(exchange.forward(&old).passed_on(), old);
    let open = open_files(&exchange);
    assert!(open < before + 560, "{open} files are open, {before} were");
    drop(idle);
    until("all are closed", || open_files(&exchange) <= before + 2);
}
