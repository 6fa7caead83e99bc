//! A host whose server others start and stop: by two scripts, as a person's `docker compose` would.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::flush::wait_until_flushed;
use crate::host::{DATABASE, Host};
use crate::http::{self, Reply};
use crate::module;
use crate::ports;
use crate::process::run;

/// A host of one environment, with a key pair of its own.
pub(super) struct Site {
    pub(super) host: Host,
    pub(super) url: String,
}

impl Site {
    /// Its server does not run yet.
    pub(super) fn new(environment: &str) -> Self {
        let host = Host::with_keys();
        let config = format!("[host]\nenvironment = \"{environment}\"\n");
        fs::write(host.path("spacetime-keys.toml"), config).unwrap();
        let address = format!("127.0.0.1:{}", ports::free());
        let site = Self { url: format!("http://{address}"), host };
        site.script("start", &site.start_script(&address));
        site.script("stop", STOP);
        site
    }

    /// A look at the lock holds it for a moment, in which a server would not start: so it is asked
    /// whether it answers.
    fn start_script(&self, address: &str) -> String {
        let folder = self.host.path("");
        let server = self.host.real("spacetimedb-standalone");
        format!(
            "#!/bin/sh\ncd '{}' || exit\nmkdir -p data/server\n\
             runs() {{ [ -e data/server/spacetime.pid ] && ! flock -n data/server/spacetime.pid true; }}\n\
             ! runs || exit 0\necho starting >&2 || exit\n\
             setsid '{}' start --listen-addr {address} --data-dir data/server \
             --jwt-priv-key-path .generated/spacetimedb-keys/id_ecdsa \
             --jwt-pub-key-path .generated/spacetimedb-keys/id_ecdsa.pub \
             < /dev/null >> server.log 2>&1 &\n\
             echo $! > server.pid\n\
             for i in $(seq 600); do curl -fsS -o /dev/null http://{address}/v1/ping 2> /dev/null && exit; sleep 0.05; done\nexit 1\n",
            folder.display(),
            server.display(),
        )
    }

    fn script(&self, name: &str, text: &str) {
        super::install(&self.host.path(name), text);
    }

    /// The command that runs one of its scripts.
    pub(super) fn command(&self, script: &str) -> String {
        self.host.path(script).display().to_string()
    }

    pub(super) fn start(&self) {
        run(self.host.command("sh").arg(self.host.path("start"))).expect_success();
        self.wait_until_it_answers();
    }

    pub(super) fn stop(&self) {
        run(self.host.command("sh").arg(self.host.path("stop"))).expect_success();
    }

    pub(super) fn wait_until_it_answers(&self) {
        super::until(&format!("{} answers", self.url), || self.answers());
    }

    pub(super) fn answers(&self) -> bool {
        answers(&self.url)
    }

    /// Logs in and publishes a module with a table.
    pub(super) fn publish_first(&self) {
        self.host.spacetime(&["login", "--server-issued-login", &self.url]).expect_success();
        self.publish();
    }

    /// Publishes with the real CLI, as the identity in `cli.toml`.
    #[track_caller]
    pub(super) fn publish(&self) {
        self.host.publish_module(&self.url, module::wasm_with_a_table).expect_success();
    }

    /// The token in `cli.toml`. The guide's CLI would ask the server's name for it; the file has it.
    pub(super) fn token(&self) -> String {
        let text = fs::read_to_string(self.host.cli_toml()).unwrap();
        let (_, rest) = text.split_once("spacetimedb_token = \"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    pub(super) fn sql(&self, token: &str, query: &str) -> Reply {
        let url = format!("{}/v1/database/{DATABASE}/sql", self.url);
        http::post(&url, token, query.as_bytes()).unwrap()
    }

    /// Adds rows, and waits until they are on the disk.
    pub(super) fn add_rows(&self, ids: std::ops::Range<u64>) {
        let token = self.token();
        for id in ids {
            let reply = self.sql(&token, &format!("INSERT INTO thing (id) VALUES ({id})"));
            assert_eq!(reply.status, 200, "{}", reply.body);
        }
        self.flush();
    }

    /// Waits until all that the server has answered is on the disk.
    pub(super) fn flush(&self) {
        let process = fs::read_to_string(self.host.path("server.pid")).unwrap();
        wait_until_flushed(process.trim().parse().unwrap(), &self.data());
    }

    pub(super) fn rows(&self) -> u64 {
        let reply = self.sql(&self.token(), "SELECT COUNT(*) AS n FROM thing");
        let found: Value = serde_json::from_str(&reply.body).unwrap_or_default();
        let count = found.pointer("/0/rows/0/0").and_then(Value::as_u64);
        count.unwrap_or_else(|| panic!("{}: {}", reply.status, reply.body))
    }

    /// The identity that owns the database.
    pub(super) fn owner(&self) -> String {
        let reply = http::get(&format!("{}/v1/database/{DATABASE}", self.url)).unwrap();
        let database: Value = serde_json::from_str(&reply.body).unwrap_or_default();
        let owner = database.pointer("/owner_identity/__identity__").and_then(Value::as_str);
        owner.unwrap_or_else(|| panic!("{}", reply.body)).trim_start_matches("0x").to_owned()
    }

    pub(super) fn data(&self) -> PathBuf {
        self.host.data()
    }

    /// A file of its project folder, by the ending of its name.
    pub(super) fn find(&self, ending: &str) -> PathBuf {
        let all = super::files(&self.data());
        let found = all.into_iter().find(|path| path.to_string_lossy().ends_with(ending));
        found.unwrap_or_else(|| panic!("no file ends with {ending}"))
    }

    pub(super) fn folder(&self) -> PathBuf {
        let folder = self.host.path("");
        let text = folder.to_string_lossy();
        Path::new(text.trim_end_matches('/')).to_owned()
    }
}

/// Whether a server answers there.
pub(super) fn answers(url: &str) -> bool {
    http::get(&format!("{url}/v1/ping")).is_ok_and(|reply| reply.status == 200)
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = run(self.host.command("sh").arg(self.host.path("stop")));
    }
}

const STOP: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit
[ -e server.pid ] || exit 0
kill "$(cat server.pid)" 2> /dev/null
for i in $(seq 600); do
  [ -e data/server/spacetime.pid ] || exit 0
  ! flock -n data/server/spacetime.pid true || exit 0
  sleep 0.05
done
exit 1
"#;
