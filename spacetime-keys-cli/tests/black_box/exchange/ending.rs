//! The end: what runs is finished.

use std::net::TcpStream;

use super::game::{Game, Telling, until};

#[test]
fn a_request_that_runs_is_finished_and_no_more_are_taken() {
    for signal in ["-TERM", "-INT"] {
        let game = Game::rotated();
        let exchange = game.ready();
        let old = game.old_token();
        game.state().tells_owners = Telling::Hangs;
        let address = exchange.address;
        let idle = TcpStream::connect(address).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| exchange.forward(&old));
            until("the server is asked", || game.state().asked == 1);
            exchange.signal(signal);
            until("no more are taken", || TcpStream::connect(address).is_err());
            game.state().tells_owners = Telling::Yes;
            let passed = waiting.join().unwrap();
            assert!(Game::takes(game.present.public_key(), passed.passed_on()));
        });
        let run = exchange.wait();
        assert_eq!(run.status, Some(0), "{run:?}");
        drop(idle);
    }
}
