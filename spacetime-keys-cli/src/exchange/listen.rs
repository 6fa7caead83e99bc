use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::Shared;
use super::connections::{Connections, Place};
use super::respond::Responder;
use crate::failure::Failure;
use crate::output::Output;

/// The most bytes of a request's head. Servers take less: what is refused here, they refuse.
const HEAD: usize = 512 << 10;

/// The time that running requests have when the program is told to end.
const GRACE: Duration = Duration::from_secs(10);

/// A listener, and the address that it has: a port 0 becomes a free one.
pub(crate) fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        Ok((listener, address))
    });
    bound.map_err(|error| {
        let hint = "another program, or another exchange, has that port: stop it, or name another with --listen";
        Failure::io("listening on", Path::new(&address.to_string()), &error)
            .with_hint(hint.to_owned())
    })
}

/// Serves until a signal says that it is to end, and what runs is done. `begin` is called when signals
/// are heard.
pub(crate) fn serve(
    listener: TcpListener,
    shared: &Arc<Shared>,
    output: &Output,
    begin: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|_| Failure::bug("no asynchronous runtime"))?;
    let told = runtime.block_on(async { told_to_end() });
    let told = told.map_err(|_| Failure::bug("no signal can be heard"))?;
    begin()?;
    let is_stopped = Arc::new(AtomicBool::new(false));
    {
        let (shared, is_stopped) = (Arc::clone(shared), Arc::clone(&is_stopped));
        std::thread::spawn(move || shared.watch(|| is_stopped.load(Ordering::Relaxed)));
    }
    let served = runtime.block_on(run(listener, Arc::clone(shared), output, told));
    is_stopped.store(true, Ordering::Relaxed);
    shared.wake();
    // A question to the server that has no answer need not be waited for.
    runtime.shutdown_background();
    served.map_err(|_| Failure::bug("the listener was lost"))
}

async fn run(
    listener: TcpListener,
    shared: Arc<Shared>,
    output: &Output,
    told: impl Future<Output = ()>,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let responder = Responder::new(shared);
    let connections = Arc::<Connections>::default();
    let (stop, stopped) = watch::channel(());
    let mut told = pin!(told);
    let mut number = 0;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut told => break,
        };
        match accepted {
            Ok((stream, _)) => {
                number += 1;
                // Where every one is busy, it is closed: a proxy tries again.
                if let Some(place) = connections.admit(number) {
                    tokio::spawn(keep(stream, place, responder.clone(), stopped.clone()));
                }
            }
            // Gone before it was met; or no more files may be open: some will close.
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
    drop((listener, stopped));
    output.note("ending: no more connections are taken");
    let _ = stop.send(());
    let _ = timeout(GRACE, stop.closed()).await;
    Ok(())
}

/// Keeps one connection until its end.
async fn keep(
    stream: TcpStream,
    place: Place,
    responder: Responder,
    mut stopped: watch::Receiver<()>,
) {
    // Answers are small: waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let connection = Arc::clone(&place.connection);
    let service = service_fn(|request| {
        let (connection, responder) = (Arc::clone(&connection), responder.clone());
        async move {
            let _busy = connection.begin();
            responder.respond(request).await
        }
    });
    let serving =
        http1::Builder::new().max_buf_size(HEAD).serve_connection(TokioIo::new(stream), service);
    let mut serving = pin!(serving);
    let mut is_stopping = false;
    let mut quiet = pin!(sleep(place.connection.left()));
    loop {
        tokio::select! {
            _ = serving.as_mut() => break,
            () = place.connection.evicted.notified() => break,
            () = quiet.as_mut() => {
                let left = place.connection.left();
                if left.is_zero() {
                    break;
                }
                quiet.as_mut().reset(Instant::now() + left);
            }
            _ = stopped.changed(), if !is_stopping => {
                is_stopping = true;
                serving.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Ends when the program is told to.
#[cfg(unix)]
fn told_to_end() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn told_to_end() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
