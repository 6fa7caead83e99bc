//! Only for the benchmark, and in no release: signatures and verifications through the addon, with
//! bytes in and out and nothing else. What the package's own calls cost above this is ours.

use std::thread;

use napi::bindgen_prelude::{Buffer, BufferSlice};
use napi_derive::napi;
use spacetime_keys_core::es256::{Signer, Verifier};
use spacetime_keys_core::{Error, PrivateKey};

use crate::error::thrown;

#[napi]
pub struct Floor {
    signer: Signer,
    verifier: Verifier,
}

#[napi]
impl Floor {
    #[napi(constructor, catch_unwind)]
    pub fn new(pem: String) -> napi::Result<Self> {
        let key = PrivateKey::from_pem(&pem).map_err(thrown)?;
        let signer = Signer::new(&key).map_err(thrown)?;
        let verifier = Verifier::new(key.public_key()).map_err(thrown)?;
        Ok(Self { signer, verifier })
    }

    /// Puts the signature of a message into `room`, 64 bytes: to make an array costs what it costs.
    #[napi(catch_unwind)]
    pub fn sign(&self, message: &[u8], mut room: BufferSlice<'_>) -> napi::Result<()> {
        let signature = self.signer.sign(message).map_err(thrown)?;
        room.iter_mut().zip(signature).for_each(|(room, byte)| *room = byte);
        Ok(())
    }

    /// Whether the signature is one of the message.
    #[napi(catch_unwind)]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verifier.verify(message, signature)
    }

    /// The signatures of a message, so many on each of so many threads.
    #[napi(catch_unwind)]
    pub fn sign_on(&self, threads: u32, count: u32, message: &[u8]) -> napi::Result<Buffer> {
        let signatures = on(threads, || {
            (0..count).map(|_| self.signer.sign(message)).collect::<Result<Vec<_>, _>>()
        });
        let signatures =
            signatures.into_iter().collect::<Result<Vec<_>, Error>>().map_err(thrown)?;
        Ok(signatures.concat().concat().into())
    }

    /// Whether the signature is one of the message, asked so many times on each of so many threads.
    #[napi(catch_unwind)]
    pub fn verify_on(&self, threads: u32, count: u32, message: &[u8], signature: &[u8]) -> bool {
        let ask = || (0..count).all(|_| self.verifier.verify(message, signature));
        on(threads, ask).into_iter().all(|is_good| is_good)
    }
}

fn on<R: Send>(threads: u32, work: impl Fn() -> R + Sync) -> Vec<R> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(&work)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    })
}
