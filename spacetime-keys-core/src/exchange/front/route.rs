/// The purpose of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Route {
    /// `/forward-auth`, by any method: a proxy asks what it is to pass on.
    ForwardAuth,
    /// `POST /exchange`: a client wants a token to keep.
    Exchange,
    /// `GET /healthz`: whether tokens are exchanged at the moment.
    Health,
    /// `GET /metrics`: how many requests were answered, in Prometheus's text format.
    Metrics,
    /// One of these, by another method than those that are named here.
    NotAllowed(&'static str),
    /// Anything else.
    NotFound,
}

impl Route {
    /// The route of a method and a path without its query.
    pub fn of(method: &str, path: &str) -> Self {
        let (route, methods) = match path {
            // A proxy may ask with the method of the request that it asks about.
            "/forward-auth" => return Self::ForwardAuth,
            "/exchange" => (Self::Exchange, "POST"),
            "/healthz" => (Self::Health, "GET, HEAD"),
            "/metrics" => (Self::Metrics, "GET, HEAD"),
            _ => return Self::NotFound,
        };
        if methods.split(", ").any(|known| known == method) {
            route
        } else {
            Self::NotAllowed(methods)
        }
    }

    /// Its name in the counts.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::ForwardAuth => "forward-auth",
            Self::Exchange => "exchange",
            Self::Health => "healthz",
            Self::Metrics => "metrics",
            Self::NotAllowed(_) | Self::NotFound => "other",
        }
    }
}
