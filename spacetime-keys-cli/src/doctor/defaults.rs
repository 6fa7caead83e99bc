/// The configuration's entries for the host's server (`[host]`).
#[derive(Clone, Debug, Default)]
pub(crate) struct Defaults {
    /// The server: a URL, a host or a nickname.
    pub(crate) server: Option<String>,
    /// The database.
    pub(crate) database: Option<String>,
    /// The command that restarts the server.
    pub(crate) restart: Option<String>,
    /// The environment whose keys this host mounts.
    pub(crate) environment: Option<String>,
}
