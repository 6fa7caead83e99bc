//! Key files as people have them: sound, odd and broken ones.

use std::fs;
use std::process::Command;

use spacetime_keys_core::PrivateKey;

use crate::host::Host;
use crate::process::run;

/// The content of both key files. Of throwaway keys, all of them.
#[derive(Clone)]
pub(crate) struct Files {
    pub(crate) private_key: Vec<u8>,
    pub(crate) public_key: Vec<u8>,
}

/// What is done to a sound pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Oddity {
    None,
    // The server reads these as they are meant.
    Crlf,
    OneLine,
    ByteOrderMark,
    CommentBefore,
    Certificate,
    // The server starts with these, and is broken.
    Mismatched,
    CompressedPoint,
    ExplicitParameters,
    NoPublicKeyInside,
    P384Pair,
    P384Public,
    P384Private,
    // The server does not start with these.
    Sec1,
    CutOff,
    BothEmpty,
    Swapped,
    LiteralNewlines,
    Encrypted,
    Rsa,
    Ed25519,
}

impl Oddity {
    /// Those that a server starts with.
    pub(crate) const STARTS: [Self; 13] = [
        Self::None,
        Self::Crlf,
        Self::OneLine,
        Self::ByteOrderMark,
        Self::CommentBefore,
        Self::Certificate,
        Self::Mismatched,
        Self::CompressedPoint,
        Self::ExplicitParameters,
        Self::NoPublicKeyInside,
        Self::P384Pair,
        Self::P384Public,
        Self::P384Private,
    ];

    /// Those that a server refuses.
    pub(crate) const REFUSED: [Self; 8] = [
        Self::Sec1,
        Self::CutOff,
        Self::BothEmpty,
        Self::Swapped,
        Self::LiteralNewlines,
        Self::Encrypted,
        Self::Rsa,
        Self::Ed25519,
    ];

    /// Whether these files are not what they should be, though they may do for a server.
    pub(crate) const fn is_broken(self) -> bool {
        !matches!(
            self,
            Self::None
                | Self::Crlf
                | Self::OneLine
                | Self::ByteOrderMark
                | Self::CommentBefore
                | Self::Certificate
        )
    }
}

/// The pair's files, canonical.
pub(crate) fn files_of(key: &PrivateKey) -> Files {
    Files {
        private_key: key.to_pem().as_bytes().to_vec(),
        public_key: key.public_key().to_pem().into_bytes(),
    }
}

/// The pair's files with an oddity. OpenSSL makes what the library would never write.
pub(crate) fn odd_files(host: &Host, key: &PrivateKey, oddity: Oddity) -> Files {
    let sound = files_of(key);
    fs::create_dir_all(host.path("odd")).unwrap();
    fs::write(host.path("odd/key"), &sound.private_key).unwrap();
    let shell = |script: &str| {
        let mut command: Command = host.command("sh");
        command.arg("-euc").arg(script).current_dir(host.path("odd"));
        run(&mut command).expect_success();
    };
    let made = |name: &str| fs::read(host.path("odd").join(name)).unwrap();
    let both = |change: fn(&str) -> String| Files {
        private_key: change(&text(&sound.private_key)).into_bytes(),
        public_key: change(&text(&sound.public_key)).into_bytes(),
    };
    let public = |public_key: Vec<u8>| Files { public_key, ..sound.clone() };
    let private = |private_key: Vec<u8>| Files { private_key, ..sound.clone() };
    let other_kind = |parameters: &str| {
        shell(&format!(
            "openssl genpkey -algorithm {parameters} -out other; openssl pkey -in other -pubout -out other.pub"
        ));
        Files { private_key: made("other"), public_key: made("other.pub") }
    };
    let p384 = || other_kind("EC -pkeyopt ec_paramgen_curve:secp384r1");
    match oddity {
        Oddity::None => sound,
        Oddity::Crlf => both(|pem| pem.replace('\n', "\r\n")),
        Oddity::OneLine => both(|pem| pem.replace('\n', " ")),
        Oddity::ByteOrderMark => both(|pem| format!("\u{feff}{pem}")),
        Oddity::CommentBefore => both(|pem| format!("# of the key vault\n{pem}")),
        Oddity::Certificate => {
            shell("openssl req -x509 -key key -subj /CN=test -days 2 -out made");
            public(made("made"))
        }
        Oddity::Mismatched => private(PrivateKey::generate().unwrap().to_pem().as_bytes().to_vec()),
        Oddity::CompressedPoint => {
            shell("openssl ec -in key -pubout -conv_form compressed -out made");
            public(made("made"))
        }
        Oddity::ExplicitParameters => {
            shell("openssl ec -in key -pubout -param_enc explicit -out made");
            public(made("made"))
        }
        Oddity::NoPublicKeyInside => {
            shell(
                "openssl ec -in key -no_public -out sec1; openssl pkcs8 -topk8 -nocrypt -in sec1 -out made",
            );
            private(made("made"))
        }
        Oddity::P384Pair => p384(),
        Oddity::P384Public => public(p384().public_key),
        Oddity::P384Private => private(p384().private_key),
        Oddity::Sec1 => {
            shell("openssl ec -in key -out made");
            private(made("made"))
        }
        Oddity::CutOff => private(sound.private_key.iter().copied().take(120).collect()),
        Oddity::BothEmpty => Files { private_key: Vec::new(), public_key: Vec::new() },
        Oddity::Swapped => Files { private_key: sound.public_key, public_key: sound.private_key },
        Oddity::LiteralNewlines => both(|pem| pem.replace('\n', "\\n")),
        Oddity::Encrypted => {
            shell("openssl pkcs8 -topk8 -v2 aes-256-cbc -passout pass:throwaway -in key -out made");
            private(made("made"))
        }
        Oddity::Rsa => other_kind("RSA -pkeyopt rsa_keygen_bits:2048"),
        Oddity::Ed25519 => other_kind("ED25519"),
    }
}

fn text(pem: &[u8]) -> String {
    String::from_utf8(pem.to_vec()).unwrap()
}
