//! Any key, mangled in any combination of the known ways, comes back as it was; and no input at
//! all makes the reader panic.

use crate::common::properties;
use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use spacetime_keys_core::PrivateKey;
use spacetime_keys_core::pem::{Oddity, normalize};

/// A key from a random scalar, in the shortest SEC1 form that there is.
fn any_key() -> impl Strategy<Value = PrivateKey> {
    any::<[u8; 32]>().prop_filter_map("not a scalar of the group", |scalar| {
        let mut der = vec![0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
        der.extend(scalar);
        der.extend([0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]);
        PrivateKey::from_pem(in_armour("EC PRIVATE KEY", &der)).ok()
    })
}

fn in_armour(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

/// What vaults, portals, YAML files and environment variables do, in the order in which it
/// happens: to the lines, around the text, to the line ends.
#[derive(Clone, Debug)]
struct Mangling {
    /// Base64 columns; `None`: all on one line.
    columns: Option<usize>,
    indent: String,
    trailing: String,
    blank_lines: bool,
    before: String,
    after: String,
    quote: Option<char>,
    newline: &'static str,
    end_of_file: bool,
    bom: bool,
}

fn any_mangling() -> impl Strategy<Value = Mangling> {
    // No dashes: five of them would be a marker.
    let beside = "[a-zA-Z0-9 #=:/\\\\.,;{}'\"é\n\t]{0,40}";
    let newline = prop::sample::select(vec![
        "\n",
        "\r\n",
        "\r",
        "",
        " ",
        "\t",
        "\\n",
        "\\r\\n",
        "\\\\n",
        "\\\\r\\\\n",
    ]);
    let lines = (prop::option::of(1..200_usize), "[ \t]{0,4}", "[ \t]{0,3}", any::<bool>());
    let around = (beside, beside, prop::option::of(prop::sample::select(vec!['"', '\''])));
    let ends = (newline, any::<bool>(), any::<bool>());
    (lines, around, ends).prop_map(
        |(
            (columns, indent, trailing, blank_lines),
            (before, after, quote),
            (newline, end_of_file, bom),
        )| Mangling {
            columns,
            indent,
            trailing,
            blank_lines,
            before,
            after,
            quote,
            newline,
            end_of_file,
            bom,
        },
    )
}

impl Mangling {
    fn apply(&self, canonical: &str) -> String {
        let mut lines: Vec<&str> = canonical.lines().collect();
        let (begin, end) = (lines.remove(0), lines.pop().unwrap());
        let body = lines.concat();
        let columns = self.columns.unwrap_or(body.len());
        let body = body.as_bytes().chunks(columns).map(|line| str::from_utf8(line).unwrap());

        let mut text = self.before.clone();
        text.extend(self.quote);
        for line in std::iter::once(begin).chain(body).chain([end]) {
            text.extend([&self.indent, line, &self.trailing, "\n"]);
            if self.blank_lines {
                text.push('\n');
            }
        }
        if !self.end_of_file {
            text.truncate(text.trim_end().len());
        }
        text.extend(self.quote);
        text.push_str(&self.after);
        let mut text = text.replace('\n', self.newline);
        if self.bom {
            text.insert(0, '\u{feff}');
        }
        text
    }
}

/// Whatever is accepted is canonical afterwards: normalizing it again finds nothing.
fn assert_fixed_point(input: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(normalized) = normalize(input) {
        let again = normalize(normalized.pem.as_bytes()).unwrap();
        prop_assert_eq!(&*again.pem, &*normalized.pem);
        prop_assert_eq!(again.half, normalized.half);
        prop_assert_eq!(again.mended, []);
    }
    Ok(())
}

/// A change to a run of bytes.
fn mutate(bytes: &mut Vec<u8>, edits: &[(prop::sample::Index, u8, u8)]) {
    for (place, kind, byte) in edits {
        if bytes.is_empty() {
            return;
        }
        let at = place.index(bytes.len());
        match kind % 4 {
            0 => bytes[at] = *byte,
            1 => bytes.insert(at, *byte),
            2 => drop(bytes.drain(at..bytes.len().min(at + usize::from(*byte)))),
            _ => bytes.extend_from_within(at..),
        }
    }
}

const SEEDS: [&str; 6] = [
    include_str!("../fixtures/pem/private.pem"),
    include_str!("../fixtures/pem/private-sec1.pem"),
    include_str!("../fixtures/pem/private-version-2.pem"),
    include_str!("../fixtures/pem/private-explicit-parameters.pem"),
    include_str!("../fixtures/pem/public.pem"),
    include_str!("../fixtures/pem/public-explicit-parameters.pem"),
];

proptest! {
    #![proptest_config(properties("tests/suite/pem_properties.regressions", 256, 2048))]

    #[test]
    fn mangled_keys_come_back(key in any_key(), mangling in any_mangling()) {
        for canonical in [key.to_pem().as_str(), key.public_key().to_pem().as_str()] {
            let mangled = mangling.apply(canonical);
            let normalized = normalize(mangled.as_bytes());
            let Ok(normalized) = normalized else {
                return Err(TestCaseError::fail(format!("{:?}", normalized.err())));
            };
            prop_assert_eq!(&*normalized.pem, canonical);
            // The reader calls it odd exactly if it was.
            prop_assert_eq!(normalized.mended.is_empty(), mangled == canonical);
            let has = |oddity| normalized.mended.contains(&oddity);
            prop_assert_eq!(has(Oddity::ByteOrderMark), mangling.bom);
            prop_assert_eq!(has(Oddity::CarriageReturns), mangled.contains('\r'));
            prop_assert_eq!(has(Oddity::EscapedNewlines), mangling.newline.contains('\\'));
            assert_fixed_point(mangled.as_bytes())?;
        }
    }

    #[test]
    fn any_bytes_are_taken_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        assert_fixed_point(&bytes)?;
    }

    #[test]
    fn any_text_is_taken_without_panic(
        parts in prop::collection::vec(
            prop_oneof![
                Just("-----BEGIN ".to_owned()), Just("-----END ".to_owned()),
                Just("-----".to_owned()), Just("PRIVATE KEY".to_owned()),
                Just("EC PARAMETERS".to_owned()), Just("\\n".to_owned()), ".{0,8}",
            ],
            0..20,
        ),
    ) {
        assert_fixed_point(parts.concat().as_bytes())?;
    }

    #[test]
    fn mutated_texts_are_taken_without_panic(
        seed in prop::sample::select(SEEDS.to_vec()),
        edits in prop::collection::vec(any::<(prop::sample::Index, u8, u8)>(), 1..6),
    ) {
        let mut bytes = seed.as_bytes().to_vec();
        mutate(&mut bytes, &edits);
        assert_fixed_point(&bytes)?;
    }

    /// The same one floor below: good base64 around a damaged container.
    #[test]
    fn mutated_containers_are_taken_without_panic(
        seed in prop::sample::select(SEEDS.to_vec()),
        label in prop::sample::select(vec!["PRIVATE KEY", "EC PRIVATE KEY", "PUBLIC KEY"]),
        edits in prop::collection::vec(any::<(prop::sample::Index, u8, u8)>(), 0..6),
    ) {
        let body: String = seed.lines().filter(|line| !line.starts_with('-')).collect();
        let mut der = STANDARD.decode(body).unwrap();
        mutate(&mut der, &edits);
        assert_fixed_point(in_armour(label, &der).as_bytes())?;
    }
}
