//! The proxy: `CONNECT` leads to a host with TLS, an absolute `http://` URL to one without.

use std::net::TcpListener;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use crate::fault::Fault;
use crate::hosts::Host;
use crate::serve;
use crate::shared::{Epoch, Shared};

/// Accepts connections until the task is dropped, and all of them with it.
pub(crate) async fn run(listener: TcpListener, shared: Arc<Shared>) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            spawn(&shared, |shared, epoch| async move {
                let front = service_fn(move |request| {
                    front(request, Arc::clone(&shared), Arc::clone(&epoch))
                });
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), front)
                    .with_upgrades()
                    .await;
            });
        }
    }
}

/// Starts a task that ends with the present epoch.
fn spawn<F>(shared: &Arc<Shared>, task: impl FnOnce(Arc<Shared>, Epoch) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut epochs = shared.epoch.subscribe();
    let epoch = Arc::clone(&epochs.borrow_and_update());
    let task = task(Arc::clone(shared), epoch);
    tokio::spawn(async move {
        tokio::select! {
            () = task => {}
            _ = epochs.changed() => {}
        }
    });
}

/// What the proxy itself answers.
async fn front(
    request: Request<Incoming>,
    shared: Arc<Shared>,
    epoch: Epoch,
) -> Result<Response<Full<Bytes>>, serve::Dropped> {
    let uri = request.uri();
    let host = uri.host().and_then(|name| Host::find(name, &shared.setup.vaults));
    let connect = request.method() == Method::CONNECT;
    match host {
        Some(host) if connect => {
            let plain = uri.port_u16() == Some(80);
            spawn(&shared, |shared, epoch| async move {
                if let Ok(stream) = hyper::upgrade::on(request).await {
                    tunnel(stream, host, plain, shared, epoch).await;
                }
            });
            Ok(empty(StatusCode::OK))
        }
        // Nothing but the metadata service answers without TLS.
        Some(Host::Imds) => serve::serve(request, Host::Imds, shared, epoch).await,
        // As a proxy answers for a name that it finds no address of.
        _ => Ok(empty(StatusCode::BAD_GATEWAY)),
    }
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

async fn tunnel(stream: Upgraded, host: Host, plain: bool, shared: Arc<Shared>, epoch: Epoch) {
    let mut stream = TokioIo::new(stream);
    if plain {
        if host == Host::Imds {
            speak(stream, host, shared, epoch).await;
        }
        return;
    }
    let fault = shared.state().faults.of_connection(host.label());
    let authority = match fault {
        Some(Fault::NoTls) => {
            // After what the client said: otherwise it could be gone before it has read this.
            let mut hello = [0; 1024];
            let _ = stream.read(&mut hello).await;
            let _ = stream.write_all(b"220 this is no TLS server\r\n").await;
            let _ = stream.shutdown().await;
            return;
        }
        Some(Fault::UntrustedCa) => &shared.untrusted,
        _ => &shared.authority,
    };
    let acceptor = TlsAcceptor::from(authority.server(&host.domain()));
    if let Ok(stream) = acceptor.accept(stream).await {
        speak(stream, host, shared, epoch).await;
    }
}

async fn speak<S>(stream: S, host: Host, shared: Arc<Shared>, epoch: Epoch)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        serve::serve(request, host.clone(), Arc::clone(&shared), Arc::clone(&epoch))
    });
    let _: Result<(), _> =
        http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}
