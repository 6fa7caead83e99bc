//! The lock of a host's files.

use napi_derive::napi;
use spacetime_keys_rotation as engine;

use crate::failure::failed;

#[napi]
pub struct HostLock(Option<engine::HostLock>);

#[napi]
impl HostLock {
    #[napi(constructor, catch_unwind)]
    pub fn new(mounted_keys_dir: String, cli_toml: String, doing: String) -> napi::Result<Self> {
        let paths =
            engine::Paths { mounted_keys_dir: mounted_keys_dir.into(), cli_toml: cli_toml.into() };
        engine::HostLock::take(&paths, &doing).map(|lock| Self(Some(lock))).map_err(failed)
    }

    #[napi(catch_unwind)]
    pub fn release(&mut self) {
        self.0 = None;
    }
}
